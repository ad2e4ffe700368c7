/// What an operator can do to a circuit breaker.
public enum BreakerOperation: String, Sendable, CaseIterable {
  /// Rejects calls until it is closed or reset.
  case open
  /// Permits calls, with an empty window.
  case close
  /// The same, and forgets what it counted.
  case reset
}
