import BenchmarkKit
import Glibc
import HostSupport
import PluginHost

/// `isolated-…` and `worker-rss`: a plugin in a worker process, called by one in the host's, beside what two processes can do by
/// hand over shared memory on the same processors, and beside go-plugin.
enum IsolationBenchmarks {
  private static let talking = [
    "isolated-call-spin", "isolated-call-sleep", "isolated-vs-go-plugin", "isolated-events",
    "isolated-restart",
  ]
  private static let resting = ["isolated-idle-cpu", "worker-rss", "isolated-unload"]

  static func run(_ bench: inout Bench, _ workspace: Workspace) throws {
    guard bench.wants(any: talking + resting) else { return }
    try measureCalls(&bench, workspace)
    try measureRestart(&bench, workspace)
    try IdleBenchmarks.run(&bench, workspace)
  }

  /// A host of whose plugins one is isolated.
  static func host(
    _ plugins: [String], _ workspace: Workspace, _ name: String,
    _ change: (inout HostConfiguration) -> Void = { _ in }
  ) throws -> Host {
    let host = try HostChild.make(
      plugins: try PluginFolder.of(plugins, as: name, workspace),
      state: try workspace.fresh("state-\(name)"), log: LogWriter(level: .error)
    ) { configuration in
      configuration.isolation.isolated = ["bench-isolated", "swift-subscriber", "trivial"]
      configuration.isolation.restarts = 1_000
      configuration.isolation.restartDelay = 1
      change(&configuration)
    }
    try host.start()
    return host
  }

  private static func measureCalls(_ bench: inout Bench, _ workspace: Workspace) throws {
    let limit = "\(workspace.path)/processes"
    if bench.wants("isolated-call-spin") {
      let host = try host(["isolated", "caller"], workspace, "isolated-spin") {
        $0.isolation.spinMicroseconds = 1_000
      }
      bench.measure(
        "isolated-call-spin", unit: "ns", limit: "ping-pong by hand, spinning",
        goal: .ratio(must: 3, aim: 1.5), runs: 21
      ) {
        try time(host, "bench.call", 5_000)
      } against: {
        try Processes.number([limit, "spin", "5000"])
      }
      try host.shutDown(deadline: .after(milliseconds: 10_000))
    }
    if bench.wants("isolated-call-sleep") {
      let host = try host(["isolated", "caller"], workspace, "isolated-sleep") {
        $0.isolation.spinMicroseconds = 0
      }
      bench.measure(
        "isolated-call-sleep", unit: "ns", limit: "futex ping-pong by hand",
        goal: .ratio(must: 1.3, aim: 1.05), runs: 21
      ) {
        try time(host, "bench.call", 1_000)
      } against: {
        try Processes.number([limit, "sleep", "1000"])
      }
      try host.shutDown(deadline: .after(milliseconds: 10_000))
    }
    guard bench.wants(any: ["isolated-vs-go-plugin", "isolated-events"]) else { return }
    let host = try host(["isolated", "caller"], workspace, "isolated-default")
    measureGoPlugin(&bench, host, workspace)
    bench.measure(
      "isolated-events", unit: "ns", limit: "raw ring in shared memory",
      goal: .advantage(must: 0.3, aim: 0.7), runs: 21
    ) {
      try time(host, "bench.stream", 200_000) / 200_000
    } against: {
      try Processes.number([limit, "ring", "200000"])
    }
    try host.shutDown(deadline: .after(milliseconds: 10_000))
  }

  private static func measureGoPlugin(
    _ bench: inout Bench, _ host: Host, _ workspace: Workspace
  ) {
    let peer = "\(workspace.path)/go-plugin"
    guard unsafe access(peer, X_OK) == 0 else {
      return bench.skip(
        "isolated-vs-go-plugin",
        "golang-github-hashicorp-go-plugin-dev is not installed: run 'make bench-peers'")
    }
    bench.measure(
      "isolated-vs-go-plugin", unit: "ns", limit: "hashicorp/go-plugin, gRPC",
      goal: .advantage(must: 10, aim: 50), runs: 9
    ) {
      try time(host, "bench.call", 2_000)
    } against: {
      try Processes.number([peer, "2000"])
    }
  }

  private static func measureRestart(_ bench: inout Bench, _ workspace: Workspace) throws {
    guard bench.wants("isolated-restart") else { return }
    let host = try host(["isolated", "caller"], workspace, "isolated-restart") {
      // Each crash is the first in its time: the next start follows at once.
      $0.isolation.restartSeconds = 1
    }
    let plugin = "\(workspace.path)/isolated.so"
    bench.measure(
      "isolated-restart", unit: "ns", limit: "spawn, exec, dlopen, calls by hand",
      goal: .ratio(must: 4, aim: 1.5), runs: 9
    ) {
      sleep(2)
      return try time(host, "bench.revive", 1)
    } against: {
      try Processes.number(["\(workspace.path)/processes", "start", plugin])
    }
    try host.shutDown(deadline: .after(milliseconds: 10_000))
  }

  /// What a service that times answers with.
  static func time(_ host: Host, _ service: String, _ rounds: Int) throws -> Double {
    let reply = try host.call(
      service: service, payload: Payload(Array("\(rounds)".utf8)),
      deadline: .after(milliseconds: 60_000))
    guard let nanoseconds = Double(String(decoding: reply.bytes, as: UTF8.self)) else {
      throw BenchmarkError(description: "\(service) did not answer with a number")
    }
    return nanoseconds
  }
}
