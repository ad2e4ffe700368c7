import HostSupport

/// The clock that a replay keeps its pace by; tests bring one of their own.
struct ReplayClock: Sendable {
  /// Nanoseconds that only grow.
  var now: @Sendable () -> UInt64
  /// Waits until a moment, or until the flag is set.
  var wait: @Sendable (_ moment: UInt64, _ flag: Monitor<Bool>) -> Void

  /// The machine's own.
  static let machine = ReplayClock(
    now: { Deadline.now() },
    wait: { moment, flag in
      _ = flag.wait(until: Deadline(nanoseconds: moment)) { $0 ? true : nil }
    })
}
