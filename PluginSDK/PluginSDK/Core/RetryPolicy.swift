/// How often and when a delivery that failed is tried again; what fails to the last becomes a dead letter on `dead.<topic>`.
public struct RetryPolicy: Sendable {
  /// Deliveries of one event in all, 1…100; 1 is no retry.
  public var attempts: Int
  /// Milliseconds before the second attempt, 1…3,600,000.
  public var initial: Int
  /// Factor of the pause after each attempt, 1…10.
  public var multiplier: Double
  /// Longest pause in milliseconds, 1…3,600,000.
  public var cap: Int
  /// Percent of the pause that is random, 0…100: a pause of 100 ms with 20 lasts 80…120 ms.
  public var jitterPercent: Int

  /// Says how to try again.
  public init(
    attempts: Int, initial: Int = 100, multiplier: Double = 2, cap: Int = 30_000,
    jitterPercent: Int = 0
  ) {
    self.attempts = attempts
    self.initial = initial
    self.multiplier = multiplier
    self.cap = cap
    self.jitterPercent = jitterPercent
  }

  /// One delivery and no more.
  public static var never: RetryPolicy { RetryPolicy(attempts: 1) }
}
