import CHostSupport

/// How long the handlers of one name take, from samples.
///
/// Threading: any thread.
@safe final class HandlerTimes: @unchecked Sendable {
  // Safe: the record lives until `deinit`; its fields are atomics.
  private let record: UnsafeMutablePointer<hs_times>

  init() {
    guard let record = unsafe hs_times_create() else {
      preconditionFailure("no memory for the times of a subscription")
    }
    unsafe self.record = unsafe record
  }

  deinit { unsafe hs_times_destroy(record) }

  /// Notes the timed calls of a callable, which must keep this alive.
  func note(_ callable: Callable) { unsafe hs_entry_set_times(callable.entry, record) }

  /// What was sampled so far.
  var sample: TimeSample {
    var (count, sum, most): (UInt64, UInt64, UInt64) = (0, 0, 0)
    var buckets = [UInt64](repeating: 0, count: Int(HS_TIME_BUCKETS))
    unsafe hs_times_read(record, &count, &sum, &most, &buckets)
    return TimeSample(count: count, sum: sum, most: most, buckets: buckets)
  }
}
