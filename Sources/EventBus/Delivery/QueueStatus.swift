/// What the queue of an async subscription holds.
public struct QueueStatus: Sendable, Equatable {
  /// Events that wait.
  public let count: Int
  /// The most that ever waited.
  public let highWater: Int
  /// Nanoseconds that the first of them has waited, to about 4 ms; 0 when none waits.
  public let oldestAge: UInt64
}
