import Glibc

/// A moment on the monotonic clock after which waiting ends.
public struct Deadline: Sendable, Comparable {
  /// Nanoseconds on `CLOCK_MONOTONIC`; `UInt64.max` never comes.
  public let nanoseconds: UInt64

  /// A moment given on the monotonic clock.
  public init(nanoseconds: UInt64) {
    self.nanoseconds = nanoseconds
  }

  /// The moment `milliseconds` from now.
  public static func after(milliseconds: Int) -> Deadline {
    Deadline(nanoseconds: now() &+ UInt64(max(0, milliseconds)) &* 1_000_000)
  }

  /// The moment that never comes.
  public static var never: Deadline { Deadline(nanoseconds: .max) }

  /// Whether the moment has come.
  public var hasPassed: Bool { nanoseconds != .max && Deadline.now() >= nanoseconds }

  /// Nanoseconds from now until then, 0 when it has passed, `nil` when it never comes.
  public var remaining: UInt64? {
    guard nanoseconds != .max else { return nil }
    let now = Deadline.now()
    return now >= nanoseconds ? 0 : nanoseconds - now
  }

  /// Nanoseconds on the monotonic clock. The corresponding C function is `clock_gettime`.
  public static func now() -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }

  /// The same to about 4 ms, at a fraction of the time. The corresponding C function is `clock_gettime`.
  public static func coarseNow() -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }

  /// Whether one moment comes before another.
  public static func < (left: Deadline, right: Deadline) -> Bool {
    left.nanoseconds < right.nanoseconds
  }
}
