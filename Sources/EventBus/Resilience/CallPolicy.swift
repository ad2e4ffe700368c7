/// What holds for the calls of a service. Calls pass what there is of it in this order: rate limit, bulkhead, breaker, time limit,
/// the call itself; and what is rejected or fails goes to the fallback.
public struct CallPolicy: Sendable, Equatable {
  /// What each caller can have of its own.
  public enum Part: Hashable, Sendable {
    case rateLimit
    case bulkhead
    case breaker
  }

  /// How many calls are made in how much time.
  public var rateLimit: RateLimiter.Policy?
  /// How many calls are made at once.
  public var bulkhead: Bulkhead.Policy?
  /// When calls are not made because earlier ones went badly.
  public var breaker: CircuitBreaker.Policy?
  /// Nanoseconds that a call may take; `nil` for as long as its caller waits.
  public var timeLimit: UInt64?
  /// The service that answers when this one cannot; `nil` for none.
  public var fallback: String?
  /// Codes that count as failures.
  public var failures: Set<Int32> = []
  /// What each caller has of its own; the rest is shared by all.
  public var perCaller: Set<Part> = []

  /// Nothing holds.
  public init() {}

  /// Whether nothing holds.
  public var isEmpty: Bool {
    rateLimit == nil && bulkhead == nil && breaker == nil && timeLimit == nil && fallback == nil
  }
}
