import BenchmarkKit
import FoundationEssentials
import Glibc
import HostSupport
import PluginHost

/// `isolated-idle-cpu`, `worker-rss` and `isolated-unload`: what a worker costs that has nothing to do, and what one leaves behind.
enum IdleBenchmarks {
  static func run(_ bench: inout Bench, _ workspace: Workspace) throws {
    if bench.wants(any: ["isolated-idle-cpu", "worker-rss"]) { try measureIdle(&bench, workspace) }
    if bench.wants("isolated-unload") { try measureUnload(&bench, workspace) }
  }

  private static func measureIdle(_ bench: inout Bench, _ workspace: Workspace) throws {
    let plugins = try PluginFolder.of(["trivial"], as: "idle", workspace)
    let state = try workspace.fresh("state-idle")
    let configuration = "\(workspace.path)/idle.json"
    try Data(#"{"isolation": {"default": "isolated"}}"#.utf8).write(
      to: URL(filePath: configuration))
    let (_, pid) = try Processes.ready(
      [
        workspace.program("dovetail"), "run", "--config", configuration, "--plugins", plugins,
        "--state", state,
      ], notify: "\(workspace.path)/notify")
    // The worker, and the one that stands by: what both use counts.
    var workers: [Int32] = []
    let deadline = Deadline.after(milliseconds: 10_000)
    while workers.count < 2 {
      workers = children(of: pid)
      if deadline.hasPassed { throw BenchmarkError(description: "the host has no two workers") }
    }
    var resident: [Double] = []
    var shares: [Double] = []
    for _ in 0..<5 {
      let before = try cpuSeconds([pid] + workers)
      let began = Deadline.now()
      sleep(4)
      let took = Double(Deadline.now() - began) / 1e9
      shares.append((try cpuSeconds([pid] + workers) - before) / took * 100)
      resident.append(try workers.map(privateMegabytes).max() ?? 0)
    }
    try Processes.end(pid)
    bench.add(
      Figure(
        name: "isolated-idle-cpu", unit: "%", samples: shares, goal: .value(must: 0.5, aim: 0.1)))
    bench.add(
      Figure(name: "worker-rss", unit: "MB", samples: resident, goal: .value(must: 12, aim: 3)))
  }

  /// Resident memory of the host that each load and unload of an isolated Swift plugin leaves.
  private static func measureUnload(_ bench: inout Bench, _ workspace: Workspace) throws {
    let rounds = 40
    let host = try IsolationBenchmarks.host(["swift-subscriber"], workspace, "isolated-unload") {
      $0.isolation.standard = .isolated
    }
    guard let id = try host.list().first?.id else {
      throw BenchmarkError(description: "the plugin is not there")
    }
    func turn() throws {
      _ = try host.unload(id, deadline: .after(milliseconds: 10_000))
      _ = try host.load(id, deadline: .after(milliseconds: 10_000))
    }
    for _ in 0..<10 { try turn() }
    let before = try host.hostReport().residentBytes
    for _ in 0..<rounds { try turn() }
    let grown = Double(try host.hostReport().residentBytes - before) / 1024 / Double(rounds)
    try host.shutDown(deadline: .after(milliseconds: 10_000))
    bench.add(
      Figure(
        name: "isolated-unload", unit: "KB", samples: [max(0, grown)],
        goal: .value(must: 64, aim: 0)))
  }

  private static func text(_ path: String) throws -> String {
    String(decoding: try FileDescriptor.open(path, O_RDONLY).read(16_384, at: 0), as: UTF8.self)
  }

  /// Processes that a process has started.
  private static func children(of pid: Int32) -> [Int32] {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return all.compactMap { Int32($0) }.filter { child in
      guard let stat = try? text("/proc/\(child)/stat") else { return false }
      return stat.split(separator: ")").last?.split(separator: " ").dropFirst().first == "\(pid)"
    }
  }

  /// Seconds of a processor that processes have used, to a nanosecond.
  private static func cpuSeconds(_ pids: [Int32]) throws -> Double {
    var total = 0.0
    for pid in pids {
      for task in try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task") {
        let fields = try text("/proc/\(pid)/task/\(task)/schedstat").split(separator: " ")
        total += fields.first.flatMap { Double($0) } ?? 0
      }
    }
    return total / 1e9
  }

  private static func privateMegabytes(_ pid: Int32) throws -> Double {
    let lines = try text("/proc/\(pid)/smaps_rollup").split(separator: "\n")
    let kilobytes = lines.filter { $0.hasPrefix("Private_") }.compactMap {
      $0.split(separator: " ").dropFirst().first.flatMap { Double($0) }
    }
    return kilobytes.reduce(0, +) / 1024
  }
}
