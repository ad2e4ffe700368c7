import CHostSupport

/// A counter that every thread counts in memory of its own; reading adds up.
///
/// Threading: any thread. Values are exact once the counting threads have stopped.
public final class Tally: Sendable {
  /// Index of the counter, for `hs_count`.
  public let index: UInt32
  private let before: UInt64

  /// Starts at 0.
  public init() {
    index = CounterIndex.take()
    before = hs_counter_sum(index)
  }

  deinit { CounterIndex.give(index) }

  /// Counts one.
  public func count() { hs_count_self(index) }

  /// How many were counted.
  public var value: UInt64 { hs_counter_sum(index) &- before }
}
