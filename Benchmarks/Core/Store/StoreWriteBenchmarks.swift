import BenchmarkKit
import PluginHost

/// `put-indexed`: a plugin writes records that are in two indexes and watched, beside SQLite in memory with two indexes.
enum StoreWriteBenchmarks {
  private static let records = 100_000
  private static let rounds = 5_000

  static func run(_ bench: inout Bench, _ workspace: Workspace, _ peers: StorePeers) throws {
    guard bench.wants("put-indexed") else { return }
    guard let fill = peers.function("sql_fill", of: "sqlite", as: StorePeers.Records.self),
      let upsert = peers.function("sql_upsert", of: "sqlite", as: StorePeers.Two.self)
    else {
      return bench.skip("put-indexed", "libsqlite3-dev is not installed: run 'make bench-peers'")
    }
    let host = try StoreHost(workspace)
    _ = try StorePeers.checked(fill(UInt32(records)), "sql_fill")
    try host.index(["field": "n", "field": "g"])
    _ = try host.run("fill", records, 0)
    bench.measure(
      "put-indexed", unit: "ns", limit: "SQLite in memory", goal: .advantage(must: 1.5, aim: 4),
      runs: 51
    ) {
      try host.run("put", rounds, records) / Double(rounds)
    } against: {
      try StorePeers.checked(upsert(rounds, UInt32(records)), "sql_upsert") / Double(rounds)
    }
    try host.end()
  }
}
