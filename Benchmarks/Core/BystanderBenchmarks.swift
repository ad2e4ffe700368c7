import BenchmarkKit
import Glibc
import HostSupport
import PluginHost

/// `bystander-p99-…`: how long an event takes to four sync handlers on one processor, at the 99th percentile, while an async
/// subscriber of the same topic on the other processor hangs, crashes or falls behind; beside the same without it.
enum BystanderBenchmarks {
  private static let kinds = [
    (name: "bystander-p99-hang", kind: "h"), (name: "bystander-p99-crash", kind: "c"),
    (name: "bystander-p99-slow", kind: "s"),
  ]
  private static let plugin = "bench-bystander"
  private static let rounds = 4_000

  static func run(_ bench: inout Bench, _ workspace: Workspace) throws {
    guard bench.wants(any: kinds.map(\.name)) else { return }
    let plugins = try PluginFolder.of(["async", "bystander"], as: "bystander", workspace)
    let nowhere = unsafe open("/dev/null", O_WRONLY)  // crashes are errors to the log
    let host = try HostChild.make(
      plugins: plugins, state: try workspace.fresh("state-bystander"),
      log: LogWriter(descriptor: nowhere, level: .error))
    try host.start()
    for (name, kind) in kinds {
      bench.measure(
        name, unit: "ns", limit: "without it", goal: .ratio(must: 2, aim: 1.2), runs: 31
      ) {
        try revive(host)
        try call(host, "bench.rough", "1")
        defer { _ = try? call(host, "bench.rough", "0") }
        return try time(host, kind)
      } against: {
        try time(host, "n")
      }
    }
    try host.shutDown(deadline: .after(milliseconds: 10_000))
  }

  /// A crash has put its build into quarantine.
  private static func revive(_ host: Host) throws {
    let isActive = try host.list().contains { $0.id == plugin && $0.state == "active" }
    guard !isActive else { return }
    _ = try host.quarantineClear(nil)
    _ = try host.load(plugin, deadline: .after(milliseconds: 10_000))
  }

  @discardableResult
  private static func call(_ host: Host, _ service: String, _ text: String) throws -> String {
    let reply = try host.call(
      service: service, payload: Payload(Array(text.utf8)),
      deadline: .after(milliseconds: 60_000))
    return String(decoding: reply.bytes, as: UTF8.self)
  }

  private static func time(_ host: Host, _ kind: String) throws -> Double {
    guard let nanoseconds = Double(try call(host, "bench.pace", "\(rounds) \(kind)")) else {
      throw BenchmarkError(description: "bench.pace did not answer with a number")
    }
    return nanoseconds
  }
}
