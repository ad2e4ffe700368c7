import BenchmarkKit
import HostSupport

/// `ready-empty`, `rss-empty` and `cli-list`: the program as its users run it.
enum ProcessBenchmarks {
  static func run(_ bench: inout Bench, _ workspace: Workspace) throws {
    guard bench.wants(any: ["ready-empty", "rss-empty", "cli-list"]) else { return }
    let plugins = try workspace.fresh("empty")
    let state = try workspace.fresh("state-empty")
    let program = workspace.program("dovetail")
    let host = [program, "run", "--plugins", plugins, "--state", state]
    let notify = "\(workspace.path)/notify"
    var resident: [Double] = []
    bench.measure(
      "ready-empty", unit: "ms", limit: "empty Swift program", goal: .ratio(must: 3, aim: 1.3),
      runs: 21
    ) {
      let (took, pid) = try Processes.ready(host, notify: notify)
      resident.append(try residentMegabytes(pid))
      try Processes.end(pid)
      return took / 1e6
    } against: {
      try Processes.run([workspace.program("bench-empty")]) / 1e6
    }
    let (_, pid) = try Processes.ready(host, notify: notify)
    resident.append(try residentMegabytes(pid))
    bench.add(
      Figure(name: "rss-empty", unit: "MB", samples: resident, goal: .value(must: 30, aim: 15)))
    bench.measure(
      "cli-list", unit: "ms", limit: "dovetail version", goal: .ratio(must: 2, aim: 1.2), runs: 31
    ) {
      try Processes.run([program, "list", "--state", state]) / 1e6
    } against: {
      try Processes.run([program, "version"]) / 1e6
    }
    try Processes.end(pid)
  }

  /// VmRSS of a process.
  private static func residentMegabytes(_ pid: Int32) throws -> Double {
    let status = try FileDescriptor.open("/proc/\(pid)/status", 0).read(8192, at: 0)
    let lines = String(decoding: status, as: UTF8.self).split(separator: "\n")
    guard let line = lines.first(where: { $0.hasPrefix("VmRSS:") }),
      let kilobytes = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
        .flatMap({ Double($0) })
    else { throw BenchmarkError(description: "/proc/\(pid)/status has no VmRSS") }
    return kilobytes / 1024
  }
}
