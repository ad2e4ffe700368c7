import BenchmarkKit
import HostSupport
import PluginHost

/// `breaker-…`: what a closed circuit breaker adds to a call of a service, and what the calls of other services pay for it.
struct BreakerBenchmarks {
  let host: Host

  static func run(_ bench: inout Bench, _ workspace: Workspace) throws {
    guard bench.wants(any: ["breaker-closed", "breaker-timed", "breaker-absent"]) else { return }
    let guarded = try make("guarded", workspace) { configuration in
      configuration.services = ["bench.guarded": .object(["breaker": .object([:])])]
    }
    let timed = try make("timed", workspace) { configuration in
      configuration.services = [
        "bench.guarded": .object([
          "breaker": .object([
            "windowMilliseconds": .int(10_000), "slowCallMilliseconds": .int(1_000),
          ])
        ])
      ]
    }
    let plain = try make("plain", workspace) { _ in }
    guarded.measureAdded("breaker-closed", &bench, .ratio(must: 0.25, aim: 0.05))
    timed.measureAdded("breaker-timed", &bench, .none())
    bench.measure(
      "breaker-absent", unit: "ns", limit: "a call in a host without breakers",
      goal: .ratio(must: 1.05, aim: 1), runs: 101
    ) {
      try guarded.time("bench.plain")
    } against: {
      try plain.time("bench.plain")
    }
    for one in [guarded, timed, plain] {
      try one.host.shutDown(deadline: .after(milliseconds: 10_000))
    }
  }

  private static func make(
    _ name: String, _ workspace: Workspace, _ configure: (inout HostConfiguration) -> Void
  ) throws -> BreakerBenchmarks {
    let plugins = try PluginFolder.of(["services"], as: "services-\(name)", workspace)
    let host = try HostChild.make(
      plugins: plugins, state: try workspace.fresh("state-services-\(name)"),
      log: LogWriter(level: .error), configure)
    try host.start()
    return BreakerBenchmarks(host: host)
  }

  /// What a call past a closed breaker takes longer than one without, beside the latter.
  private func measureAdded(_ name: String, _ bench: inout Bench, _ goal: Goal) {
    bench.measure(name, unit: "ns", limit: "a call without it", goal: goal, runs: 101) {
      try time("bench.guarded") - time("bench.plain")
    } against: {
      try time("bench.plain")
    }
  }

  /// Nanoseconds of one call; see Benchmarks/Plugins/services.c.
  private func time(_ service: String) throws -> Double {
    let rounds = 1_000
    let reply = try host.call(
      service: "bench.calls", payload: Payload(Array("\(service) \(rounds)".utf8)),
      deadline: .after(milliseconds: 60_000))
    guard let nanoseconds = Double(String(decoding: reply.bytes, as: UTF8.self)), nanoseconds > 0
    else { throw BenchmarkError(description: "bench.calls did not answer with a number") }
    return nanoseconds / Double(rounds)
  }
}
