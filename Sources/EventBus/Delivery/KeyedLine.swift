/// Events that wait in lanes by their keys: in order within a lane, of which one event at a time is taken.
///
/// Every operation but `items` takes the same time however many wait.
struct KeyedLine {
  typealias Item = DeliveryQueue.Item
  /// What an event is told apart by; `nil` of those that lack it, which share a lane.
  typealias Key = [UInt8]?

  private struct Place {
    let item: Item
    let lane: Int
    /// The next of its lane.
    var next: Int?
  }

  private struct Lane {
    let key: Key
    var first: Int?
    var last: Int?
    /// Whether a worker has one of its events.
    var isTaken = false
    var isHeld = false

    var isReady: Bool { first != nil && !isTaken && !isHeld }
    var isDone: Bool { first == nil && !isTaken && !isHeld }
  }

  private var places: [Place?] = []
  private var freePlaces: [Int] = []
  private var lanes: [Lane?] = []
  private var freeLanes: [Int] = []
  private var numbers: [Key: Int] = [:]
  /// Places, in the order of their events.
  private var order = IndexList()
  /// Lanes of which an event can be taken; whose turn is next stands first.
  private var ready = IndexList()

  /// Events that wait.
  var count: Int { order.count }
  /// Lanes of which an event can be taken.
  var readyCount: Int { ready.count }

  /// The events that wait, oldest first.
  var items: [Item] { order.map { places[$0]?.item }.compactMap { $0 } }
  /// The oldest event that waits.
  var first: Item? { order.first.flatMap { places[$0]?.item } }

  mutating func append(_ item: Item, _ key: Key) {
    let lane = lane(of: key)
    let place = place(Place(item: item, lane: lane))
    order.append(place)
    if let last = lanes[lane]?.last {
      places[last]?.next = place
    } else {
      lanes[lane]?.first = place
    }
    lanes[lane]?.last = place
    settle(lane)
  }

  mutating func prepend(_ item: Item, _ key: Key) {
    let lane = lane(of: key)
    let place = place(Place(item: item, lane: lane, next: lanes[lane]?.first))
    order.prepend(place)
    lanes[lane]?.first = place
    if lanes[lane]?.last == nil { lanes[lane]?.last = place }
    settle(lane)
  }

  /// Removes the oldest event.
  mutating func popFirst() -> Item? {
    guard let lane = order.first.flatMap({ places[$0]?.lane }) else { return nil }
    defer { settle(lane) }
    return pop(lane)
  }

  /// Removes all events of a key.
  mutating func remove(_ key: Key) -> [Item] {
    guard let lane = numbers[key] else { return [] }
    defer { settle(lane) }
    var removed: [Item] = []
    while let item = pop(lane) { removed.append(item) }
    return removed
  }

  /// Takes an event: nothing is taken of its lane until `finish`.
  ///
  /// - Parameter oldest: Whether it must be the oldest of all, as when nobody else takes any; else lanes come in turn.
  /// - Returns: The event and the number of its lane; `nil` when no lane is ready.
  mutating func take(oldest: Bool) -> (item: Item, lane: Int)? {
    let oldestLane = order.first.flatMap { places[$0]?.lane }
    guard let lane = oldest ? oldestLane : ready.first, lanes[lane]?.isReady == true,
      let item = pop(lane)
    else { return nil }
    lanes[lane]?.isTaken = true
    settle(lane)
    return (item, lane)
  }

  /// The next of the lane can be taken.
  mutating func finish(_ lane: Int) {
    lanes[lane]?.isTaken = false
    settle(lane)
  }

  /// Puts an event that was taken back in its place.
  mutating func putBack(_ item: Item, _ lane: Int) {
    lanes[lane]?.isTaken = false
    guard let key = lanes[lane]?.key else { return prepend(item, nil) }
    prepend(item, key)
  }

  /// Nothing is taken of a lane until `letGo`.
  mutating func hold(_ lane: Int) {
    lanes[lane]?.isHeld = true
    settle(lane)
  }

  mutating func letGo(_ lane: Int) {
    guard lane < lanes.count else { return }
    lanes[lane]?.isHeld = false
    settle(lane)
  }

  private mutating func pop(_ lane: Int) -> Item? {
    guard let number = lanes[lane]?.first, let place = places[number] else { return nil }
    lanes[lane]?.first = place.next
    if place.next == nil { lanes[lane]?.last = nil }
    order.remove(number)
    places[number] = nil
    freePlaces.append(number)
    return place.item
  }

  private mutating func place(_ place: Place) -> Int {
    if let free = freePlaces.popLast() {
      places[free] = place
      return free
    }
    places.append(place)
    return places.count - 1
  }

  private mutating func lane(of key: Key) -> Int {
    if let lane = numbers[key] { return lane }
    let lane = freeLanes.popLast() ?? lanes.count
    if lane == lanes.count { lanes.append(nil) }
    lanes[lane] = Lane(key: key)
    numbers[key] = lane
    return lane
  }

  /// Brings what is known of a lane up to date with what it holds.
  private mutating func settle(_ number: Int) {
    guard let lane = lanes[number] else { return }
    if lane.isReady != ready.contains(number) {
      if lane.isReady { ready.append(number) } else { ready.remove(number) }
    }
    guard lane.isDone else { return }
    numbers[lane.key] = nil
    lanes[number] = nil
    freeLanes.append(number)
  }
}
