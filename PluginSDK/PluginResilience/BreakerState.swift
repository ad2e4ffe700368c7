import CDovetail

/// How a circuit breaker is at one moment.
public struct BreakerState: Sendable, Equatable {
  /// What it does with calls.
  public enum Phase: Sendable, Equatable {
    /// They are made.
    case closed
    /// They are rejected with `unavailable`, for so many milliseconds; `nil` when an operator has to close it.
    case open(probesIn: UInt64?)
    /// A few are made, to see how they go.
    case halfOpen
  }

  /// What it does with calls.
  public let phase: Phase
  /// Calls in its sliding window.
  public let calls: UInt64
  /// Those of them that failed.
  public let failed: UInt64
  /// Those of them that took long.
  public let slow: UInt64
  /// Calls that it rejected since the host started, or an operator reset it.
  public let rejected: UInt64

  init(_ raw: dvt_breaker) {
    phase =
      switch raw.state {
      case DVT_BREAKER_CLOSED: .closed
      case DVT_BREAKER_HALF_OPEN: .halfOpen
      default: .open(probesIn: raw.probes_in_ms == .max ? nil : raw.probes_in_ms)
      }
    calls = raw.calls
    failed = raw.failed
    slow = raw.slow
    rejected = raw.rejected
  }
}
