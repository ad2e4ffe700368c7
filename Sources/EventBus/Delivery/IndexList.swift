/// A list of small numbers, each at most once, from which any can be removed at once.
struct IndexList {
  private struct Link {
    var previous = -1
    var next = -1
    var isIn = false
  }

  private var links: [Link] = []
  private(set) var first: Int?
  private var last: Int?
  private(set) var count = 0

  func contains(_ number: Int) -> Bool { number < links.count && links[number].isIn }

  func map<Value>(_ body: (Int) -> Value) -> [Value] {
    var values: [Value] = []
    values.reserveCapacity(count)
    var number = first
    while let present = number {
      values.append(body(present))
      number = links[present].next < 0 ? nil : links[present].next
    }
    return values
  }

  mutating func append(_ number: Int) {
    makeRoom(for: number)
    links[number] = Link(previous: last ?? -1, next: -1, isIn: true)
    if let last { links[last].next = number } else { first = number }
    last = number
    count += 1
  }

  mutating func prepend(_ number: Int) {
    makeRoom(for: number)
    links[number] = Link(previous: -1, next: first ?? -1, isIn: true)
    if let first { links[first].previous = number } else { last = number }
    first = number
    count += 1
  }

  mutating func remove(_ number: Int) {
    guard contains(number) else { return }
    let link = links[number]
    links[number].isIn = false
    if link.previous < 0 {
      first = link.next < 0 ? nil : link.next
    } else {
      links[link.previous].next = link.next
    }
    if link.next < 0 {
      last = link.previous < 0 ? nil : link.previous
    } else {
      links[link.next].previous = link.previous
    }
    count -= 1
  }

  private mutating func makeRoom(for number: Int) {
    while links.count <= number { links.append(Link()) }
  }
}
