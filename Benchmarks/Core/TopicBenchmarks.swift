import BenchmarkKit
import HostSupport
import PluginHost

/// `match-1000-…` and `topics-1m`: what many expressions and many topics cost those who publish.
struct TopicBenchmarks {
  private static let distinct = 1_000_000
  private static let batch = 10_000

  let host: Host

  static func run(_ bench: inout Bench, _ workspace: Workspace) throws {
    let names = ["match-1000-cold", "match-1000-warm", "topics-1m", "topics-1m-kept"]
    guard bench.wants(any: names) else { return }
    let plugins = try PluginFolder.of(["topics"], as: "topics", workspace)
    let hosts = try ["first", "second"].map { name in
      try HostChild.make(
        plugins: plugins, state: try workspace.fresh("state-topics-\(name)"),
        log: LogWriter(level: .error))
    }
    for host in hosts { try host.start() }
    TopicBenchmarks(host: hosts[0]).measureMatching(&bench)
    try measureFlood(&bench, calm: hosts[0], flooded: hosts[1])
    for host in hosts { try host.shutDown(deadline: .after(milliseconds: 10_000)) }
  }

  private func measureMatching(_ bench: inout Bench) {
    bench.measure(
      "match-1000-cold", unit: "ns", limit: "1,000 regexec", goal: .ratio(must: 1.5, aim: 0.2),
      runs: 31
    ) {
      try time("c", 20)
    } against: {
      try time("r", 20)
    }
    bench.measure(
      "match-1000-warm", unit: "ns", limit: "2 exact subscriptions",
      goal: .ratio(must: 1.2, aim: 1.05), runs: 101
    ) {
      try time("w", 10_000)
    } against: {
      try time("e", 10_000)
    }
  }

  /// One of two hosts gets a million topics; then a known one is published to on both in turn.
  private static func measureFlood(_ bench: inout Bench, calm: Host, flooded: Host) throws {
    guard bench.wants(any: ["topics-1m", "topics-1m-kept"]) else { return }
    let (calm, flooded) = (TopicBenchmarks(host: calm), TopicBenchmarks(host: flooded))
    let before = try flooded.figure("dovetail_resident_bytes")
    for _ in 0..<(distinct / batch) { _ = try flooded.time("f", batch) }
    let kept = try flooded.figure("dovetail_bus_topics")
    let forgotten = try flooded.figure("dovetail_bus_topics_forgotten_total")
    guard kept + forgotten >= Double(distinct) else {
      return bench.fail("topics-1m", "\(kept + forgotten) topics came into being")
    }
    let growth = try flooded.figure("dovetail_resident_bytes") - before
    bench.measure(
      "topics-1m", unit: "ns", limit: "the same without them",
      goal: .ratio(must: 1.5, aim: 1.05), runs: 101
    ) {
      try flooded.time("w", 10_000)
    } against: {
      try calm.time("w", 10_000)
    }
    bench.add(
      Figure(
        name: "topics-1m-kept", unit: "topics", samples: [kept], limit: [65_536],
        limitName: "the bound; they hold \(Int(growth / 1_048_576)) MB",
        goal: .ratio(must: 1, aim: 1)))
  }

  /// Nanoseconds of one publish or match; see Benchmarks/Plugins/topics.c.
  private func time(_ kind: String, _ rounds: Int) throws -> Double {
    let reply = try host.call(
      service: "bench.topics", payload: Payload(Array("\(kind) \(rounds)".utf8)),
      deadline: .after(milliseconds: 60_000))
    guard let nanoseconds = Double(String(decoding: reply.bytes, as: UTF8.self)) else {
      throw BenchmarkError(description: "bench.topics did not answer with a number")
    }
    return nanoseconds / Double(rounds)
  }

  private func figure(_ name: String) throws -> Double {
    try host.metrics().first { $0.name == name }?.value ?? 0
  }
}
