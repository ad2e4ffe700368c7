/// How often and when a failed delivery is tried again.
public struct RetryPolicy: Sendable, Equatable {
  /// Deliveries of one event in all, 1…100; 1 is no retry.
  public var attempts = 1
  /// Milliseconds before the second attempt, 1…3,600,000.
  public var initial = 100
  /// Factor of the pause after each attempt, 1…10.
  public var multiplier = 2.0
  /// Longest pause in milliseconds, 1…3,600,000.
  public var cap = 30_000
  /// Share of the pause that is random, 0…1: a pause of 100 ms with 0.2 lasts 80…120 ms.
  public var jitter = 0.0

  /// One attempt and no more.
  public init() {}

  /// The pauses between the attempts.
  public var backoff: Backoff {
    Backoff(
      initial: UInt64(max(0, initial)) * 1_000_000, multiplier: multiplier,
      cap: UInt64(max(0, cap)) * 1_000_000, jitter: jitter)
  }

  /// The pause before an attempt.
  ///
  /// - Parameters:
  ///   - attempt: 2….
  ///   - random: 0…1, where the pause lies within the jitter.
  /// - Returns: Milliseconds, at least 1.
  public func pause(before attempt: Int, random: Double) -> Int {
    max(1, Int(backoff.pause(after: attempt - 1, random: random) / 1_000_000))
  }
}
