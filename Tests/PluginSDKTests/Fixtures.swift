import PluginSDK
import Synchronization

/// A payload.
struct Tick: Codable, Equatable {
  var count: Int
  var note = "ok"
}

/// The typed events that the tests use.
enum Events {
  static let tick = EventType<Tick>("clock.tick")
  static let total = EventType<Tick>("adder.total")
}

/// The typed services that the tests use.
enum Services {
  static let add = ServiceType<[Int], Int>("adder.add")
}

/// A useful plugin in some forty lines: adds up ticks, publishes the total, answers a service, keeps its state.
final class Adder: Plugin {
  private let context: PluginContext
  private let sum = Mutex(0)

  init(context: PluginContext) {
    self.context = context
  }

  func start() throws {
    let total = try context.publisher(Events.total)
    try context.subscribe(to: Events.tick, .init(name: "ticks")) { tick, _ in
      guard tick.count >= 0 else { throw PluginError(.invalid, "a count is never negative") }
      let sum = self.sum.withLock { sum in
        sum += tick.count
        return sum
      }
      try total.publish(Tick(count: sum), subject: tick.note)
    }
    try context.provide(Services.add) { $0.reduce(0, +) }
  }

  func saveState() -> [UInt8] { Array("\(sum.withLock { $0 })".utf8) }

  func restoreState(_ state: SavedState) throws {
    guard let saved = Int(String(decoding: state.data, as: UTF8.self)) else {
      throw PluginError(.invalid, "the state is not a number")
    }
    sum.withLock { $0 = saved }
  }

  func metrics() -> [Metric] { [.gauge("sum", Double(sum.withLock { $0 }))] }
}

/// An error that is none of the SDK's.
struct OwnError: Error, CustomStringConvertible {
  let description: String
}
