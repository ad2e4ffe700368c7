import BenchmarkKit
import PluginHost

/// `bytes-per-record`: resident memory of records of about 200 bytes with five tags, which are indexed.
enum StoreMemoryBenchmark {
  private static let records = 500_000

  static func run(_ bench: inout Bench, _ workspace: Workspace) throws {
    guard bench.wants("bytes-per-record") else { return }
    let host = try StoreHost(workspace)
    try host.index(["tags": "tags"])
    _ = try host.run("fill", 1000, 0)
    let before = try host.host.hostReport().residentBytes
    _ = try host.run("fill", records, 0)
    let bytes = Double(try host.host.hostReport().residentBytes - before) / Double(records)
    bench.add(
      Figure(
        name: "bytes-per-record", unit: "B", samples: [bytes],
        goal: .value(must: 1500, aim: 600)))
    try host.end()
  }
}
