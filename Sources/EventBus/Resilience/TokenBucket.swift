/// How many calls may be made in how much time: a bucket of tokens that fills at a steady pace, of which each call takes one.
///
/// A value without a clock. The state of a bucket is one number, the moment when it will be full: who keeps it passes it in.
public struct TokenBucket: Sendable, Equatable {
  /// Nanoseconds in which a token is added, at least 1.
  public let interval: UInt64
  /// Tokens that a full bucket has, at least 1.
  public let burst: UInt64

  /// Describes a bucket.
  ///
  /// - Parameters:
  ///   - calls: Tokens that are added in each period, at least 1.
  ///   - period: Nanoseconds.
  ///   - burst: Tokens that a full bucket has; `nil` for those of a period.
  public init(calls: Int, per period: UInt64, burst: Int? = nil) {
    interval = max(1, period / UInt64(max(1, calls)))
    self.burst = UInt64(max(1, burst ?? calls))
  }

  /// Takes a token, also one that is only coming.
  ///
  /// - Parameters:
  ///   - full: When the bucket will be full; 0 for one that is. It changes when a token is taken.
  ///   - now: Nanoseconds of a clock that does not go back.
  ///   - patience: Nanoseconds to wait at most.
  /// - Returns: How many nanoseconds to wait before the call is made, and whether a token was taken: else that wait is too long.
  public func take(
    _ full: inout UInt64, at now: UInt64, patience: UInt64 = 0
  ) -> (wait: UInt64, isTaken: Bool) {
    let next = max(full, now) &+ interval
    let (room, overflow) = burst.multipliedReportingOverflow(by: interval)
    let missing = next &- now
    guard !overflow, missing > room else {
      full = next
      return (0, true)
    }
    let wait = missing - room
    guard wait <= patience else { return (wait, false) }
    full = next
    return (wait, true)
  }

  /// Tokens that are there.
  ///
  /// - Parameters:
  ///   - full: When the bucket will be full.
  ///   - now: Nanoseconds of the clock.
  /// - Returns: 0…`burst`.
  public func tokens(_ full: UInt64, at now: UInt64) -> UInt64 {
    guard full > now else { return burst }
    let missing = (full - now + interval - 1) / interval
    return missing >= burst ? 0 : burst - missing
  }
}
