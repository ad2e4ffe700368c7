import BenchmarkKit
import HostSupport
import PluginHost

/// `disk-write-…`, `batch-sqlite`, `group-commit-64`, `open-1m`: records that survive power loss, beside the same done by hand.
struct StoreDiskBenchmarks {
  private static let names = [
    "disk-write-file", "disk-write-sqlite", "batch-sqlite", "group-commit-64",
    "group-commit-64-file", "group-commit-64-raw", "open-1m",
  ]
  /// Bytes of one record's file, with its frame.
  private static let fileBytes = 480

  let workspace: Workspace
  let peers: StorePeers

  static func run(_ bench: inout Bench, _ workspace: Workspace, _ peers: StorePeers) throws {
    guard bench.wants(any: names) else { return }
    let all = StoreDiskBenchmarks(workspace: workspace, peers: peers)
    try all.measureFiles(&bench)
    try all.measureRawGroup(&bench)
    guard StoreHost.hasSQLite(workspace) else {
      for name in names where !name.hasSuffix("file") {
        bench.skip(name, "libsqlite3-dev is not installed: run 'make bench-peers'")
      }
      return
    }
    try all.measureSQLite(&bench)
    try all.measureOpening(&bench)
  }

  private func measureFiles(_ bench: inout Bench) throws {
    guard bench.wants(any: ["disk-write-file", "group-commit-64-file"]),
      let write = unsafe peers.function(
        "files_write", of: "files", as: StorePeers.PathRoundsSize.self)
    else { return }
    let host = try StoreHost(workspace, on: "file")
    let folder = try workspace.fresh("files-by-hand")
    bench.measure(
      "disk-write-file", unit: "ns", limit: "the same system calls",
      goal: .ratio(must: 1.5, aim: 1.1), runs: 21
    ) {
      try host.run("disk", 50, 1) / 50
    } against: {
      unsafe try StorePeers.checked(write(folder, 50, UInt32(Self.fileBytes)), "files_write") / 50
    }
    measureGroup(&bench, "group-commit-64-file", host, .none(.advantage))
    try host.end()
  }

  private func measureSQLite(_ bench: inout Bench) throws {
    guard bench.wants(any: ["disk-write-sqlite", "batch-sqlite", "group-commit-64"]),
      let open = unsafe peers.function("sql_open", of: "sqlite", as: StorePeers.Path.self),
      let write = peers.function("sql_disk", of: "sqlite", as: StorePeers.Two.self),
      let close = peers.function("sql_close", of: "sqlite", as: StorePeers.Plain.self)
    else { return }
    let host = try StoreHost(workspace, on: "sqlite")
    let folder = try workspace.fresh("sqlite-by-hand")
    _ = unsafe try StorePeers.checked(open("\(folder)/store.sqlite"), "sql_open")
    bench.measure(
      "disk-write-sqlite", unit: "ns", limit: "the same SQL in C",
      goal: .ratio(must: 1.5, aim: 1.1), runs: 21
    ) {
      try host.run("disk", 100, 1) / 100
    } against: {
      try StorePeers.checked(write(100, 1), "sql_disk") / 100
    }
    bench.measure(
      "batch-sqlite", unit: "ns", limit: "the same SQL in C", goal: .ratio(must: 1.7, aim: 1.2),
      runs: 11
    ) {
      try host.run("batch", 10_000, 10_000) / 10_000
    } against: {
      try StorePeers.checked(write(1, 10_000), "sql_disk") / 10_000
    }
    measureGroup(&bench, "group-commit-64", host, .advantage(must: 15, aim: 30))
    _ = try StorePeers.checked(close(), "sql_close")
    try host.end()
  }

  /// Nanoseconds for each write of 64 writers, beside those of one.
  private func measureGroup(
    _ bench: inout Bench, _ name: String, _ host: StoreHost, _ goal: Goal
  ) {
    bench.measure(name, unit: "ns", limit: "one writer", goal: goal, runs: 9) {
      try host.run("disk", 100, 64) / 6400
    } against: {
      try host.run("disk", 100, 1) / 100
    }
  }

  /// What 64 threads gain that do nothing but wait together for 400 bytes each: what no store can pass on this machine.
  private func measureRawGroup(_ bench: inout Bench) throws {
    guard bench.wants("group-commit-64-raw"),
      let write = unsafe peers.function(
        "group_write", of: "group", as: StorePeers.PathRoundsSize.self)
    else { return }
    let path = try workspace.fresh("group-by-hand")
    bench.measure(
      "group-commit-64-raw", unit: "ns", limit: "one thread", goal: .none(.advantage), runs: 9
    ) {
      unsafe try StorePeers.checked(write("\(path)/log", 100, 64), "group_write") / 6400
    } against: {
      unsafe try StorePeers.checked(write("\(path)/log", 100, 1), "group_write") / 100
    }
  }

  private func measureOpening(_ bench: inout Bench) throws {
    guard bench.wants("open-1m"),
      let scan = unsafe peers.function("sql_scan", of: "sqlite", as: StorePeers.PathAndCount.self)
    else { return }
    let own = workspace.program("bench-core")
    _ = try Processes.number([own, "--store", "fill"])
    let path = "\(workspace.path)/state-store-sqlite/stores/sqlite/store.db"
    bench.measure(
      "open-1m", unit: "ns", limit: "SELECT * in C", goal: .ratio(must: 5, aim: 1.5), runs: 3
    ) {
      try Processes.number([own, "--store", "open"])
    } against: {
      unsafe try StorePeers.checked(scan(path, 1_000_000), "sql_scan")
    }
  }

  /// Fills a store of 1,000,000 records or opens it, and prints nanoseconds. In a process of its own: an image that was retired
  /// keeps the lock of its host's state directory.
  static func child(_ what: String) throws {
    let workspace = try Workspace()
    let began = Deadline.now()
    let host = try StoreHost(workspace, on: "sqlite", isFresh: what == "fill")
    let took = Deadline.now() - began
    if what == "fill" { _ = try host.run("batch", 1_000_000, 10_000) }
    try host.end()
    print(took)
  }
}
