import BenchmarkKit
import CBenchmark
import HostSupport
import PluginHost

/// `scan-1000-warm`: a look at 1,000 plugins that the registry cache knows, in a host that looked before.
enum ScanBenchmark {
  static func run(_ bench: inout Bench, _ workspace: Workspace) throws {
    guard bench.wants("scan-1000-warm") else { return }
    let plugins = try PluginFolder.thousand(workspace)
    let cache = RegistryCache(path: try workspace.fresh("scan") + "/registry")
    let scanner = PluginScanner(directory: plugins, cache: cache)
    guard try scanner.scan().records.count == PluginFolder.count, try scanner.scan().opened == 0
    else {
      throw BenchmarkError(
        description: "the scan is not warm: plugins younger than two seconds are not cached")
    }
    bench.measure(
      "scan-1000-warm", unit: "µs", limit: "readdir + stat", goal: .ratio(must: 4, aim: 1.5),
      runs: 101
    ) {
      try time {
        let result = try scanner.scan()
        guard result.records.count == PluginFolder.count, result.opened == 0 else {
          throw BenchmarkError(
            description: "the scan found \(result.records.count) plugins, opened \(result.opened)")
        }
      }
    } against: {
      try time {
        guard unsafe bench_list(plugins) >= PluginFolder.count else {
          throw BenchmarkError(description: "\(plugins): cannot be listed")
        }
      }
    }
  }

  private static func time(_ body: () throws -> Void) rethrows -> Double {
    let began = Deadline.now()
    try body()
    return Double(Deadline.now() - began) / 1e3
  }
}
