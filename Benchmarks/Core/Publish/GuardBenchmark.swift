import BenchmarkKit
import CBenchmark

/// `guard`: what the crash guard adds to a publish to one handler: the dispatch as it is less the same dispatch compiled
/// without its jump point and side.
enum GuardBenchmark {
  private static let rounds: UInt64 = 20_000

  static func run(_ bench: inout Bench) {
    guard bench.wants("guard") else { return }
    guard let topic = unsafe bench_guard_topic() else { return bench.fail("guard", "no memory") }
    bench.measure(
      "guard", unit: "ns", limit: "direct call", goal: .ratio(must: 8, aim: 2), runs: 301
    ) {
      unsafe each(bench_guarded(topic, rounds)) - each(bench_unguarded(topic, rounds))
    } against: {
      each(bench_direct(rounds))
    }
  }

  private static func each(_ nanoseconds: Int64) -> Double {
    Double(nanoseconds) / Double(rounds)
  }
}
