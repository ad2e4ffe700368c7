import BenchmarkKit
import CHostSupport
import Glibc

/// `publish-sample`: what it adds to one call of a handler that its time is taken. The host does so some 20 times a second for
/// each handler; all other calls pay nothing.
enum SamplingBenchmark {
  private static let rounds = 5_000

  static func run(_ bench: inout Bench) {
    guard bench.wants("publish-sample") else { return }
    let owner = unsafe hs_owner_create(0, nil)
    let made = unsafe hs_entry_create(owner, HS_SIDE_HOST, HS_COUNTERS - 1, { _, _, _ in 0 }, nil)
    let times = unsafe hs_times_create()
    defer {
      unsafe free(made)
      unsafe free(owner)
      unsafe hs_times_destroy(times)
    }
    guard let entry = unsafe made, let times = unsafe times else {
      return bench.fail("publish-sample", "no memory")
    }
    unsafe hs_entry_set_times(entry, times)
    bench.measure(
      "publish-sample", unit: "ns", limit: "two readings of the clock", goal: .none(), runs: 101
    ) {
      let timed = time {
        unsafe hs_entry_time_next(entry)
        _ = unsafe hs_deliver(entry, nil, nil, 0, nil)
      }
      return timed - time { _ = unsafe hs_deliver(entry, nil, nil, 0, nil) }
    } against: {
      2 * time { _ = hs_now() }
    }
  }

  /// Nanoseconds of one round.
  private static func time(_ body: () -> Void) -> Double {
    let began = hs_now()
    for _ in 0..<rounds { body() }
    return Double(hs_now() - began) / Double(rounds)
  }
}
