import CHostSupport

/// Items in a circular array that grows by doubling.
///
/// Its owner keeps it from being used by two threads at once, and frees it.
@safe struct ItemBuffer {
  // Safe: the memory is this buffer's alone; places from `head` on, `count` of them, are initialized; indices are masked.
  typealias Item = DeliveryQueue.Item

  private static let least = 16
  /// How many places ahead the processor is to fetch, which the worker had before.
  private static let ahead = 4

  private var slots: UnsafeMutablePointer<Item>
  private var size: Int
  private var head = 0
  private(set) var count = 0

  init() {
    size = Self.least
    unsafe slots = .allocate(capacity: size)
  }

  var isEmpty: Bool { count == 0 }

  /// When the first was made.
  var since: UInt64? { unsafe count == 0 ? nil : place(0).pointee.since }

  /// Where an item is, 0…`count` - 1 from the head.
  func place(_ index: Int) -> UnsafeMutablePointer<Item> {
    unsafe slots + ((head + index) & (size - 1))
  }

  mutating func append(_ item: Item) {
    if count == size { grow() }
    unsafe place(count).initialize(to: item)
    count += 1
    unsafe hs_expect_writing(place(count + Self.ahead))
  }

  mutating func prepend(_ item: Item) {
    if count == size { grow() }
    head = (head - 1) & (size - 1)
    unsafe place(0).initialize(to: item)
    count += 1
  }

  mutating func popFirst() -> Item? {
    guard count > 0 else { return nil }
    defer {
      head = (head + 1) & (size - 1)
      count -= 1
    }
    return unsafe place(0).move()
  }

  /// Takes all items out.
  mutating func popAll() -> [Item] {
    var items: [Item] = []
    items.reserveCapacity(count)
    while let item = popFirst() { items.append(item) }
    return items
  }

  /// Forgets the items, which were moved away, and keeps the memory.
  mutating func clear() {
    head = 0
    count = 0
  }

  /// Gives the memory back; it holds no item.
  func free() { unsafe slots.deallocate() }

  private mutating func grow() {
    let grown = UnsafeMutablePointer<Item>.allocate(capacity: 2 * size)
    for index in 0..<count { unsafe (grown + index).moveInitialize(from: place(index), count: 1) }
    unsafe slots.deallocate()
    unsafe slots = unsafe grown
    size *= 2
    head = 0
  }
}
