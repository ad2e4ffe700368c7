/// A queue of values in a circular array that grows by doubling.
struct RingBuffer<Element> {
  private var slots: [Element?] = Array(repeating: nil, count: 16)
  private var head = 0
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }
  var first: Element? { count == 0 ? nil : slots[head] }

  func map<Value>(_ body: (Element) -> Value) -> [Value] {
    (0..<count).compactMap { slots[(head + $0) & (slots.count - 1)].map(body) }
  }

  mutating func append(_ element: Element) {
    if count == slots.count { grow() }
    slots[(head + count) & (slots.count - 1)] = element
    count += 1
  }

  mutating func prepend(_ element: Element) {
    if count == slots.count { grow() }
    head = (head - 1) & (slots.count - 1)
    slots[head] = element
    count += 1
  }

  mutating func popFirst() -> Element? {
    guard count > 0 else { return nil }
    let element = slots[head]
    slots[head] = nil
    head = (head + 1) & (slots.count - 1)
    count -= 1
    return element
  }

  private mutating func grow() {
    let grown = (0..<count).map { slots[(head + $0) & (slots.count - 1)] }
    slots = grown + Array(repeating: nil, count: count)
    head = 0
  }
}
