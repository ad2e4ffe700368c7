import BenchmarkKit
import Glibc
import HostSupport

/// `bench-reload [--jsonl FILE] [--no-header] [FILTER]`: measures reloading, each run in a process of its own.
///
/// `bench-reload --child RUN [--jsonl FILE] [--no-header]` is that process: a host serves, and owns the signal handlers.
@main struct ReloadBench {
  /// The runs, with the figures that each yields.
  private static let runs:
    [(name: String, figures: [String], measure: @Sendable () throws -> [Figure])] = [
      ("loss", ["reload-lost", "reload-duplicated"], { try LossRun().measure() }),
      ("rollback", ["rollback-missing"], { try RollbackRun().measure() }),
      ("pause", ["reload-pause-p99"], { try PauseRun().measure() }),
      (
        "c", ["reload-c-growth"],
        { try GrowthRun(fixture: "idle", figure: "reload-c-growth").measure() }
      ),
      (
        "embedded", ["reload-c-growth-embedded"],
        { try GrowthRun(fixture: "heartbeat", figure: "reload-c-growth-embedded").measure() }
      ),
      ("retired", ["retired-swift"], { try RetiredRun().measure() }),
    ]

  static func main() {
    var arguments = Array(CommandLine.arguments.dropFirst())
    if arguments.first == "--child", arguments.count > 1 {
      exit(child(arguments[1], Array(arguments.dropFirst(2))))
    }
    let bench = Bench(arguments)
    var failed = false
    if let filter = filterIndex(arguments) { arguments.remove(at: filter) }
    for run in runs where bench.wants(any: run.figures) {
      if Child.run(["--child", run.name] + arguments) != 0 { failed = true }
      if !arguments.contains("--no-header") { arguments.append("--no-header") }
    }
    exit(failed ? 1 : 0)
  }

  /// Where the filter stands, if there is one.
  private static func filterIndex(_ arguments: [String]) -> Int? {
    arguments.indices.last { index in
      !arguments[index].hasPrefix("--") && (index == 0 || arguments[index - 1] != "--jsonl")
    }
  }

  private static func child(_ name: String, _ arguments: [String]) -> Int32 {
    var bench = Bench(arguments)
    guard let run = runs.first(where: { $0.name == name }) else { return 2 }
    do {
      for figure in try run.measure() { bench.add(figure) }
    } catch {
      bench.fail(run.figures.joined(separator: ", "), "\(error)")
    }
    return bench.end()
  }
}
