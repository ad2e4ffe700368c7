import BenchmarkKit
import HostSupport
import PluginHost

/// `publish-1` and `publish-name-1`: one plugin publishes in a loop, one sync handler of another stores.
enum PublishBenchmarks {
  /// A sample takes less than a millisecond, so that another process's turn does not fall into it: into the longer of the two
  /// it would fall more often.
  private static let rounds = ["d": 200_000, "p": 10_000, "n": 10_000]

  static func run(_ bench: inout Bench, _ workspace: Workspace) throws {
    guard bench.wants(any: ["publish-1", "publish-name-1"]) else { return }
    let plugins = try PluginFolder.of(["handler", "publisher"], as: "publish", workspace)
    let log = LogWriter(level: .error)
    let host = try HostChild.make(
      plugins: plugins, state: try workspace.fresh("state-publish"), log: log)
    try host.start()
    measure(&bench, host, "publish-1", "p", .ratio(must: 30, aim: 10))
    measure(&bench, host, "publish-name-1", "n", .ratio(must: 80, aim: 25))
    try host.shutDown(deadline: .after(milliseconds: 10_000))
  }

  private static func measure(
    _ bench: inout Bench, _ host: Host, _ name: String, _ kind: String, _ goal: Goal
  ) {
    bench.measure(name, unit: "ns", limit: "direct call", goal: goal, runs: 101) {
      try time(host, kind)
    } against: {
      try time(host, "d")
    }
  }

  /// Nanoseconds of one call.
  private static func time(_ host: Host, _ kind: String) throws -> Double {
    let rounds = rounds[kind] ?? 1
    let reply = try host.call(
      service: "bench.time", payload: Payload(Array("\(rounds) \(kind)".utf8)),
      deadline: .after(milliseconds: 60_000))
    guard let nanoseconds = Double(String(decoding: reply.bytes, as: UTF8.self)) else {
      throw BenchmarkError(description: "bench.time did not answer with a number")
    }
    return nanoseconds / Double(rounds)
  }
}
