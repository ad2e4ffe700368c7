import Testing

@testable import EventBus

/// A line of events with keys against a plain model of one, operation by operation.
@Suite struct KeyedLineTests {
  /// What a line promises, told in the slowest way.
  private struct Model {
    struct Event: Equatable {
      let number: Int
      let key: [UInt8]?
    }

    var waiting: [Event] = []
    var taken: [Event] = []
    var held: Set<[UInt8]?> = []

    func isReady(_ key: [UInt8]?) -> Bool {
      !held.contains(key) && !taken.contains { $0.key == key }
        && waiting.contains { $0.key == key }
    }

    mutating func take(_ key: [UInt8]?) -> Event? {
      guard let index = waiting.firstIndex(where: { $0.key == key }) else { return nil }
      taken.append(waiting[index])
      return waiting.remove(at: index)
    }
  }

  private static let keys: [[UInt8]?] = [nil, [], [1], [2], [3, 3], [4], [5], [6]]

  private func item(_ number: Int) -> DeliveryQueue.Item {
    guard let event = unsafe UnsafeMutableRawPointer(bitPattern: number + 1) else {
      preconditionFailure("no pointer of \(number)")
    }
    return unsafe DeliveryQueue.Item(event: event, topic: nil)
  }

  private func number(_ item: DeliveryQueue.Item?) -> Int? {
    item.map { unsafe Int(bitPattern: $0.event) - 1 }
  }

  @Test("it does what a plain model does", arguments: 1...8 as ClosedRange<UInt64>)
  func model(seed: UInt64) {
    var random = Dice(seed: seed)
    var line = KeyedLine()
    var model = Model()
    var lanes: [Int: Int] = [:]  // of the events that were taken
    for count in 0..<1_500 {
      let key = Self.keys[Int(random.next() % UInt64(Self.keys.count))]
      switch random.next() % 12 {
      case 0...3:
        line.append(item(count), key)
        model.waiting.append(Model.Event(number: count, key: key))
      case 4:
        line.prepend(item(count), key)
        model.waiting.insert(Model.Event(number: count, key: key), at: 0)
      case 5:
        #expect(
          number(line.popFirst())
            == (model.waiting.isEmpty ? nil : model.waiting.removeFirst().number))
      case 6:
        #expect(
          line.remove(key).map { number($0) }
            == model.waiting.filter { $0.key == key }.map(\.number))
        model.waiting.removeAll { $0.key == key }
      case 7...8:
        let isLone = model.taken.isEmpty && model.held.isEmpty
        let found = line.take(oldest: isLone)
        let ready = Self.keys.filter { model.isReady($0) }
        #expect((found == nil) == ready.isEmpty)
        guard let found, let number = number(found.item) else { break }
        if isLone { #expect(number == model.waiting.first?.number) }
        let owner = model.waiting.first { $0.number == number }
        #expect(owner.map { model.isReady($0.key) } == true)
        #expect(model.take(owner?.key ?? nil)?.number == number)
        lanes[number] = found.lane
      case 9:
        guard let done = model.taken.popLast(), let lane = lanes[done.number] else { break }
        line.finish(lane)
      case 10:
        guard let back = model.taken.popLast(), let lane = lanes[back.number] else { break }
        line.putBack(item(back.number), lane)
        model.waiting.insert(back, at: 0)
        guard model.held.count < 2 else { break }
        line.hold(lane)
        model.held.insert(back.key)
        if random.next() % 2 == 0 {
          line.letGo(lane)
          model.held.remove(back.key)
        }
      default:
        guard model.held.count > 0 else { break }
        for lane in 0..<Self.keys.count { line.letGo(lane) }
        model.held = []
      }
      #expect(line.count == model.waiting.count)
      #expect(line.readyCount == Self.keys.filter { model.isReady($0) }.count)
    }
    #expect(line.items.map { number($0) } == model.waiting.map(\.number))
    #expect(number(line.first) == model.waiting.first?.number)
  }
}

/// Numbers that look random and are the same for the same seed.
struct Dice: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
