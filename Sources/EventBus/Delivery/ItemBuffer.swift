/// Items in a circular array that grows by doubling.
///
/// Its owner keeps it from being used by two threads at once, and frees it.
@safe struct ItemBuffer {
  // Safe: the memory is this buffer's alone; indices are masked, and lie below `count` where an item is read.
  typealias Item = DeliveryQueue.Item

  private static let least = 16

  private var slots: UnsafeMutablePointer<Item>?
  private var size = 0
  private var head = 0
  private(set) var count = 0

  init() { unsafe slots = nil }

  var isEmpty: Bool { count == 0 }
  var first: Item? { count == 0 ? nil : self[0] }

  /// The item at a place, 0…`count` - 1, from the head.
  subscript(index: Int) -> Item {
    guard let slots = unsafe slots else { preconditionFailure("the buffer is empty") }
    return unsafe slots[(head + index) & (size - 1)]
  }

  mutating func append(_ item: Item) {
    if count == size { grow() }
    unsafe slots?[(head + count) & (size - 1)] = item
    count += 1
  }

  mutating func prepend(_ item: Item) {
    if count == size { grow() }
    head = (head - 1) & (size - 1)
    unsafe slots?[head] = item
    count += 1
  }

  mutating func popFirst() -> Item? {
    guard count > 0 else { return nil }
    let item = self[0]
    head = (head + 1) & (size - 1)
    count -= 1
    return item
  }

  /// Forgets all items, and keeps the memory.
  mutating func clear() {
    head = 0
    count = 0
  }

  /// Gives the memory back; the items are somebody else's now.
  mutating func free() {
    unsafe slots?.deallocate()
    unsafe slots = nil
    size = 0
    clear()
  }

  private mutating func grow() {
    let grown = UnsafeMutablePointer<Item>.allocate(capacity: max(Self.least, 2 * size))
    for index in 0..<count { unsafe (grown + index).initialize(to: self[index]) }
    unsafe slots?.deallocate()
    unsafe slots = unsafe grown
    size = max(Self.least, 2 * size)
    head = 0
  }
}
