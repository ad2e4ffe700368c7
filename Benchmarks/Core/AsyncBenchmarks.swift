import BenchmarkKit
import HostSupport
import PluginHost

/// `async-hop` and `async-vs-mutex`: events of 64 bytes from a publisher on one processor to an async handler on another, beside
/// two queues of C++ between two threads on the same processors.
enum AsyncBenchmarks {
  /// A sample takes few milliseconds: see `PublishBenchmarks`.
  private static let rounds = 20_000

  static func run(_ bench: inout Bench, _ workspace: Workspace) throws {
    guard bench.wants(any: ["async-hop", "async-vs-mutex"]) else { return }
    let plugins = try PluginFolder.of(["async"], as: "async", workspace)
    let host = try HostChild.make(
      plugins: plugins, state: try workspace.fresh("state-async"), log: LogWriter(level: .error))
    try host.start()
    measure(
      &bench, host, "async-hop", beside: ["\(workspace.path)/peer-async", "spsc"],
      "boost::lockfree::spsc_queue", .ratio(must: 6, aim: 2))
    measure(
      &bench, host, "async-vs-mutex", beside: ["\(workspace.path)/peer-async", "mutex"],
      "C++ mutex + condition", .advantage(must: 1, aim: 3))
    try host.shutDown(deadline: .after(milliseconds: 10_000))
  }

  private static func measure(
    _ bench: inout Bench, _ host: Host, _ name: String, beside peer: [String], _ peerName: String,
    _ goal: Goal
  ) {
    bench.measure(name, unit: "ns", limit: peerName, goal: goal, runs: 51) {
      try time(host)
    } against: {
      try Processes.number(peer + ["\(rounds)"]) / Double(rounds)
    }
  }

  /// Nanoseconds an event.
  private static func time(_ host: Host) throws -> Double {
    let reply = try host.call(
      service: "bench.hop", payload: Payload(Array("\(rounds)".utf8)),
      deadline: .after(milliseconds: 60_000))
    guard let nanoseconds = Double(String(decoding: reply.bytes, as: UTF8.self)) else {
      throw BenchmarkError(description: "bench.hop did not answer with a number")
    }
    return nanoseconds / Double(rounds)
  }
}
