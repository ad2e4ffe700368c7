import BenchmarkKit
import PluginHost

/// `get`, `read-under-write`: a plugin reads records by key through the C ABI, beside an `unordered_map` under a `shared_mutex`.
enum StoreReadBenchmarks {
  private static let names = ["get", "read-under-write"]
  private static let records = 100_000
  private static let rounds = 50_000

  static func run(_ bench: inout Bench, _ workspace: Workspace, _ peers: StorePeers) throws {
    guard bench.wants(any: names) else { return }
    guard let fill = peers.function("map_fill", of: "map", as: StorePeers.Records.self),
      let get = peers.function("map_get", of: "map", as: StorePeers.Count.self),
      let beside = peers.function("map_get_beside", of: "map", as: StorePeers.Flagged.self)
    else { throw BenchmarkError(description: "map.so was not built: run Benchmarks/run.sh") }
    let host = try StoreHost(workspace)
    _ = try StorePeers.checked(fill(UInt32(records)), "map_fill")
    _ = try host.run("fill", records, 0)
    bench.measure(
      "get", unit: "ns", limit: "unordered_map + shared_mutex", goal: .ratio(must: 4, aim: 1.2),
      runs: 51
    ) {
      try host.run("get", rounds, records) / Double(rounds)
    } against: {
      try StorePeers.checked(get(rounds), "map_get") / Double(rounds)
    }
    bench.measure(
      "read-under-write", unit: "×", limit: "the same of the map",
      goal: .ratio(atLeast: 1.5, aim: 4), runs: 21
    ) {
      try host.run("beside", rounds, records) / host.run("beside", -rounds, records)
    } against: {
      try StorePeers.checked(beside(rounds, 0), "map_get_beside")
        / StorePeers.checked(beside(rounds, 1), "map_get_beside")
    }
    try host.end()
  }
}
