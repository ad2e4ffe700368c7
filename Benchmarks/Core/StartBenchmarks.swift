import BenchmarkKit
import Glibc
import HostSupport

/// `start-1000` and `start-1000-cold`: a fresh process each sample.
///
/// No file is deleted between samples: ext4 does not give out an inode again for a minute, and looks for another one at a cost
/// that would fall on whoever makes files next.
struct StartBenchmarks {
  private let workspace: Workspace
  private let plugins: String
  private let state: String
  private let trash: String

  static func run(_ bench: inout Bench, _ workspace: Workspace) throws {
    guard bench.wants(any: ["start-1000", "start-1000-cold"]) else { return }
    let start = try StartBenchmarks(workspace)
    // Keeps the builds as good and fills the registry cache.
    _ = try start.host()
    start.measure(&bench, "start-1000", .ratio(must: 4, aim: 1.5)) { try start.host() }
    start.measure(&bench, "start-1000-cold", .ratio(must: 5, aim: 2)) {
      try start.discard("cache/registry")
      return try start.host()
    }
  }

  private init(_ workspace: Workspace) throws {
    self.workspace = workspace
    plugins = try PluginFolder.thousand(workspace)
    state = try workspace.fresh("state")
    trash = try workspace.fresh("trash")
  }

  private func measure(
    _ bench: inout Bench, _ name: String, _ goal: Goal, _ sample: () throws -> Double
  ) {
    bench.measure(name, unit: "ms", limit: "copy, dlopen, dlsym, 4 calls", goal: goal, runs: 9) {
      try sample() / 1e6
    } against: {
      let copies = "\(trash)/\(Deadline.now())"
      guard unsafe mkdir(copies, 0o700) == 0 else { throw SystemError("mkdir", copies) }
      return try Processes.number(["\(workspace.path)/start", plugins, copies]) / 1e6
    }
  }

  /// One start of the host, in a state directory that knows the plugins and holds no copy of them.
  private func host() throws -> Double {
    let took = try Processes.number([workspace.program("bench-core"), "--start", plugins, state])
    try discard("staging")
    try discard("journal")
    return took
  }

  private func discard(_ name: String) throws {
    let old = "\(state)/\(name)"
    guard unsafe rename(old, "\(trash)/\(Deadline.now())") == 0 else {
      throw SystemError("rename", old)
    }
  }
}
