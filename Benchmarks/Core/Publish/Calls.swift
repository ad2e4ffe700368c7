import HostSupport
import PluginHost

/// Calls of handlers that the plugin bench-publisher times; see Benchmarks/Plugins/publisher.c.
struct Calls {
  /// How the handlers are called.
  enum Way: String {
    case direct = "d"
    case byTopic = "p"
    case byName = "n"
    case byPeer = "x"
    /// A Swift plugin publishes to another one's zero-copy handler; see Benchmarks/SwiftPlugins.
    case bySwift = "s"
  }

  let way: Way
  /// Calls, or publishes, in one sample. A sample takes less than a millisecond, so that another process's turn does not fall
  /// into it: into the longer of two it would fall more often.
  var rounds: Int
  /// 0 for the calling thread; 1…2 for so many, each on a processor of its own.
  var threads = 0
  /// Handlers that are called directly, or by a peer.
  var handlers = 1
  /// Bytes that the event carries, 0…4,096.
  var bytes = 0
  /// Of the handler, of the topic, or of the peer's shared object.
  let name: String

  /// The limit of most figures: one handler through a pointer.
  static let single = Calls(way: .direct, rounds: 200_000, name: "bench_handler")

  /// So many handlers through an array of pointers.
  static func each(_ handlers: Int) -> Calls {
    Calls(way: .direct, rounds: 200_000 / handlers, handlers: handlers, name: "bench_handlers")
  }

  /// Publishes to a topic whose handlers are so many.
  static func topic(_ name: String, of handlers: Int = 1) -> Calls {
    Calls(way: .byTopic, rounds: max(1_000, 10_000 / handlers), name: name)
  }

  /// Nanoseconds of one call or publish.
  func time(_ host: Host) throws -> Double {
    let (service, request) =
      way == .bySwift
      ? ("bench.swift-time", "\(rounds)")
      : ("bench.time", "\(way.rawValue) \(rounds) \(threads) \(handlers) \(bytes) \(name)")
    let reply = try host.call(
      service: service, payload: Payload(Array(request.utf8)),
      deadline: .after(milliseconds: 60_000))
    guard let nanoseconds = Double(String(decoding: reply.bytes, as: UTF8.self)) else {
      throw BenchmarkError(description: "\(service) did not answer with a number")
    }
    return nanoseconds / Double(rounds)
  }
}
