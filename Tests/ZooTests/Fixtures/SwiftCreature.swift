public import CDovetail
import PluginSDK
import Synchronization

/// Does what its setting `deed` says at the place that its setting `place` names, and is well-behaved elsewhere.
///
/// It counts what it hears on `zoo.poke`, synchronously and by a queue, answers `ID.poke` with its tag and both counts, and
/// hands them to its successor.
final class Creature: Plugin {
  let context: PluginContext
  private let tag: String
  private let place: Place
  private let deed: Deed
  private let pokes = Atomic<Int>(0)
  private let queued = Atomic<Int>(0)

  enum Place: String {
    case nowhere, initializer, start, sync, async, service, timer, task
  }

  init(context: PluginContext) throws {
    self.context = context
    tag = try context.string("/tag")
    place = Place(rawValue: try context.string("/place")) ?? .nowhere
    deed = Deed(rawValue: try context.string("/deed")) ?? .nothing
    try act(.initializer)
  }

  func start() throws {
    try context.subscribe("zoo.poke", SubscriptionOptions(name: "sync")) { [self] _ in
      pokes.wrappingAdd(1, ordering: .relaxed)
      try act(.sync)
    }
    let queue = SubscriptionOptions(
      name: "async", delivery: .async(capacity: 65_536, overflow: .block(milliseconds: 10_000)))
    try context.subscribe("zoo.poke", queue) { [self] _ in
      queued.wrappingAdd(1, ordering: .relaxed)
      try act(.async)
    }
    try context.provide("\(context.pluginID).poke") { [self] _ in
      try act(.service)
      return Array("\(tag) \(counts)".utf8)
    }
    try context.provide("\(context.pluginID).task") { [self] _ in
      context.task { [self] in try act(.task) }
      return Array("started".utf8)
    }
    if place == .timer {
      try context.every(milliseconds: 5, name: "timer") { [self] in try act(.timer) }
    }
    let beat = try context.int("/beat")
    if beat > 0 {
      let poke = try context.topic("zoo.poke")
      try context.every(milliseconds: beat, name: "beat") { try poke.publish(Event(data: [])) }
    }
    try act(.start)
  }

  /// Pokes everybody as often as the setting `pokes` says, and does honest work of Swift's after each.
  func ready() throws {
    let poke = try context.topic("zoo.poke")
    for _ in 0..<(try context.int("/pokes")) {
      try poke.publish(Event(data: []))
      if !Deed.work() { throw PluginError(.failed, "accesses or casts went wrong") }
    }
  }

  func saveState() -> [UInt8] { Array(counts.utf8) }

  func restoreState(_ state: SavedState) throws {
    let counts = String(decoding: state.data, as: UTF8.self).split(separator: " ").compactMap {
      Int($0)
    }
    guard counts.count == 2 else { throw PluginError(.invalid, "the state is not two numbers") }
    pokes.store(counts[0], ordering: .relaxed)
    queued.store(counts[1], ordering: .relaxed)
  }

  private var counts: String {
    "\(pokes.load(ordering: .relaxed)) \(queued.load(ordering: .relaxed))"
  }

  private func act(_ place: Place) throws {
    if place == self.place { try deed.commit() }
  }
}

/// What a creature may do. Each needs something at run time, so that the compiler does not see it coming.
enum Deed: String {
  case nothing, error, fatal, precondition, range, unwrap, overflow, cast, access
  case exclusive, statically, recursion, all

  /// What `all` does in turn.
  private static let inTurn: [Deed] = [
    .fatal, .precondition, .range, .unwrap, .overflow, .cast, .access, .exclusive,
  ]
  private static let turn = Atomic<Int>(0)

  private final class Box {
    var number: UInt8 = 255
    var anything: Any = 7
    var numbers = [1, 2, 3]
  }

  nonisolated(unsafe) private static let box = Box()

  func commit() throws {
    let box = unsafe Self.box
    switch self {
    case .nothing: break
    case .error: throw PluginError(.failed, "out of cheese")
    case .fatal: fatalError("out of cheese")
    case .precondition: Swift.precondition(box.number == 0, "out of cheese")
    case .exclusive: Self.both(&box.number) { box.number = 7 }
    case .statically: box.number = Self.broken
    case .recursion: box.number = Self.deeper(box.number)
    case .all:
      let turn = Self.turn.wrappingAdd(1, ordering: .relaxed).oldValue
      try Self.inTurn[turn % Self.inTurn.count].commit()
    case .range: box.number = UInt8(box.numbers[Int(box.number)])
    case .unwrap:
      // swift-format-ignore: NeverForceUnwrap
      box.number = UInt8(String(describing: box.anything) + "x")!
    case .overflow: box.number = box.number + 1
    case .cast:
      // swift-format-ignore: NeverForceUnwrap
      box.anything = (box.anything as! String) + "!"
    case .access: Self.grow(&box.number)
    }
  }

  /// Overflows while the access to its argument is open.
  @inline(never)
  private static func grow(_ number: inout UInt8) { number += 1 }

  /// Holds the access to its argument while `body` runs.
  @inline(never)
  private static func both(_ number: inout UInt8, _ body: () -> Void) {
    body()
    number &+= 1
  }

  /// Traps while the lock of its initialiser is held.
  private static let broken: UInt8 = {
    let one = unsafe box.number
    return one + one
  }()

  @inline(never)
  private static func deeper(_ number: UInt8) -> UInt8 {
    var room = InlineArray<64, UInt8>(repeating: number)
    room[0] = deeper(number &+ 1)
    return room[0] &+ room[1]
  }

  /// The same accesses and casts, without harm.
  static func work() -> Bool {
    let box = Box()
    box.number = 1
    grow(&box.number)
    let casts = box.anything is any CustomStringConvertible && !(box.anything is String)
    return casts && box.number == 2
  }
}

/// The plugin's entry point.
@c(dovetail_plugin)
public func entry(_ host: UnsafePointer<dvt_handshake>) -> UnsafePointer<dvt_plugin>? {
  unsafe export(Creature.self, host)
}
