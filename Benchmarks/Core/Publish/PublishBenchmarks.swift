import BenchmarkKit
import HostSupport
import PluginHost

/// `publish-…`: one plugin publishes in a loop, sync handlers of another store; beside it, the handlers called directly or by a
/// peer.
struct PublishBenchmarks {
  private static let own = [
    "publish-1", "publish-name-1", "publish-1-full", "publish-each", "publish-2-threads",
    "publish-swift-1", "publish-8", "publish-64", "publish-4k", "publish-pattern-1",
    "publish-pattern-100",
  ]

  let host: Host
  let workspace: Workspace

  static func run(_ bench: inout Bench, _ workspace: Workspace) throws {
    SamplingBenchmark.run(&bench)
    GuardBenchmark.run(&bench)
    guard bench.wants(any: own + PeerBenchmarks.names) else { return }
    let plugins = try PluginFolder.of(
      ["handler", "publisher", "swift-subscriber", "swift-publisher"], as: "publish", workspace)
    let host = try HostChild.make(
      plugins: plugins, state: try workspace.fresh("state-publish"), log: LogWriter(level: .error))
    try host.start()
    let all = PublishBenchmarks(host: host, workspace: workspace)
    all.measureOne(&bench)
    all.measureSlope(&bench)
    all.measureThreads(&bench)
    all.measureMany(&bench)
    PeerBenchmarks(host: host, workspace: workspace).measure(&bench)
    try host.shutDown(deadline: .after(milliseconds: 10_000))
  }

  private func measureOne(_ bench: inout Bench) {
    let topic = Calls.topic("bench.tick")
    compare(&bench, "publish-1", topic, .single, .ratio(must: 30, aim: 10))
    let named = Calls(way: .byName, rounds: topic.rounds, name: topic.name)
    compare(&bench, "publish-name-1", named, .single, .ratio(must: 80, aim: 25))
    compare(&bench, "publish-1-full", topic, .single, .ratio(must: 20, aim: 8))
    confirmAllIsOn(&bench)
    let swift = Calls(way: .bySwift, rounds: topic.rounds, name: "bench.swift")
    compare(&bench, "publish-swift-1", swift, .single, .ratio(must: 40, aim: 12))
  }

  /// The figure says "with guard, counters and sampling": the counters have counted and the samples are there.
  private func confirmAllIsOn(_ bench: inout Bench) {
    guard bench.wants("publish-1-full") else { return }
    do {
      let stats = try host.eventStats(plugin: nil, topic: "bench.tick")
      guard let topic = stats.topics.first, topic.published > 1_000_000,
        let subscription = stats.subscriptions.first, subscription.delivered >= topic.published
      else { return bench.fail("publish-1-full", "publishes and deliveries were not counted") }
      guard subscription.handler != nil else {
        return bench.fail("publish-1-full", "the handler was not sampled")
      }
    } catch {
      bench.fail("publish-1-full", "\(error)")
    }
  }

  /// What each handler beyond the eighth adds.
  private func measureSlope(_ bench: inout Bench) {
    let (few, many) = (Calls.topic("bench.tick-8", of: 8), Calls.topic("bench.tick-64", of: 64))
    bench.measure(
      "publish-each", unit: "ns", limit: "direct call", goal: .ratio(must: 3, aim: 1.5), runs: 101
    ) {
      (try many.time(host) - few.time(host)) / 56
    } against: {
      try Calls.single.time(host)
    }
  }

  /// How many times the events of one thread two threads publish, beside how many times the calls they make. Each counts in
  /// memory of its own.
  private func measureThreads(_ bench: inout Bench) {
    let topic = Calls(way: .byTopic, rounds: 50_000, bytes: 64, name: "bench.own")
    let direct = Calls(way: .direct, rounds: 200_000, bytes: 64, name: "bench_count")
    bench.measure(
      "publish-2-threads", unit: "×", limit: "direct calls of two threads",
      goal: .ratio(atLeast: 0.8, aim: 0.95), runs: 101
    ) {
      try gain(topic)
    } against: {
      try gain(direct)
    }
  }

  /// Throughput of two threads ÷ throughput of one.
  private func gain(_ calls: Calls) throws -> Double {
    var (one, two) = (calls, calls)
    (one.threads, two.threads) = (1, 2)
    return 2 * (try one.time(host)) / (try two.time(host))
  }

  /// For information.
  private func measureMany(_ bench: inout Bench) {
    compare(&bench, "publish-8", .topic("bench.tick-8", of: 8), .each(8))
    compare(&bench, "publish-64", .topic("bench.tick-64", of: 64), .each(64))
    var large = Calls.topic("bench.tick")
    large.bytes = 4096
    compare(&bench, "publish-4k", large, .single)
    compare(&bench, "publish-pattern-1", .topic("bench.pattern.one"), .single)
    compare(&bench, "publish-pattern-100", .topic("bench.patterns.one"), .single)
  }

  private func compare(
    _ bench: inout Bench, _ name: String, _ calls: Calls, _ limit: Calls, _ goal: Goal = .none()
  ) {
    let limitName = limit.handlers == 1 ? "direct call" : "\(limit.handlers) direct calls"
    bench.measure(name, unit: "ns", limit: limitName, goal: goal, runs: 101) {
      try calls.time(host)
    } against: {
      try limit.time(host)
    }
  }
}
