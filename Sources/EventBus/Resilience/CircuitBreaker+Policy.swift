extension CircuitBreaker {
  /// When a breaker opens, how long it stays open, and how it tries whether it can close.
  public struct Policy: Sendable, Equatable {
    /// The calls that the rates are of.
    public var window = SlidingWindow.Span.calls(100)
    /// Fewer calls in the window than this open nothing by a rate, at least 1; of a window of calls at most its length.
    public var minimumCalls = 10
    /// Percent of the calls whose failure opens it, 1…100; `nil` when that does not.
    public var failureRate: Int? = 50
    /// Failures in a row that open it, at least 1; `nil` when they do not.
    public var consecutiveFailures: Int?
    /// Nanoseconds from which on a call is slow; `nil` when none is.
    public var slowCall: UInt64?
    /// Percent of the calls whose slowness opens it, 1…100.
    public var slowCallRate = 100
    /// How long it stays open: the first time, and longer each time its trial calls fail.
    public var openTime = Backoff(
      initial: 5_000_000_000, multiplier: 2, cap: 60_000_000_000, jitter: 0.2)
    /// Calls that it permits when half-open, at least 1.
    public var permittedCallsInHalfOpen = 3
    /// Nanoseconds after which it opens again when those calls have not all returned.
    public var halfOpenMaximum: UInt64 = 30_000_000_000

    /// Half of the last 100 calls, of at least 10.
    public init() {}

    /// Calls from which on a rate counts.
    var effectiveMinimum: Int {
      switch window {
      case .calls(let most): min(minimumCalls, most)
      case .time: minimumCalls
      }
    }

    /// Whether each call needs the time: when it began and how long it took.
    var needsClock: Bool {
      if case .time = window { return true }
      return slowCall != nil
    }
  }
}
