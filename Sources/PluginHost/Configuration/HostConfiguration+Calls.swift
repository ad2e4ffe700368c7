import CDovetail
import EventBus

extension HostConfiguration {
  /// What holds for the calls of services, where nothing is said of one in particular.
  ///
  /// A part holds for every service when it is enabled here; else these are the values of what a service does not say.
  public struct Calls: Sendable, Equatable {
    /// When calls are not made because earlier ones went badly.
    public struct BreakerSettings: Sendable, Equatable {
      /// Whether there is one.
      public var isEnabled = false
      /// Whether each caller has one of its own.
      public var perCaller = false
      /// Length of a count-based window, 1…100,000 calls.
      public var windowCalls = 100
      /// Length of a time-based window, 0…3,600,000; 0 for a count-based one.
      public var windowMilliseconds = 0
      /// Calls in the window from which on rates count, 1…100,000.
      public var minimumCalls = 10
      /// Percent of failed calls that open it, 0…100; 0 when they do not.
      public var failureRate = 50
      /// Failures in a row that open it, 0…100,000; 0 when they do not.
      public var consecutiveFailures = 0
      /// From when on a call is slow, 0…600,000; 0 when none is.
      public var slowCallMilliseconds = 0
      /// Percent of slow calls that open it, 1…100.
      public var slowCallRate = 100
      /// How long it stays open the first time, 1…3,600,000.
      public var openMilliseconds = 5_000
      /// Factor of that each further time, 1…10.
      public var openMultiplier = 2
      /// How long it stays open at most, 1…86,400,000.
      public var openMaximumMilliseconds = 60_000
      /// Percent of the open time that is random, 0…100.
      public var openJitter = 20
      /// Calls that it permits when half-open, 1…10,000.
      public var permittedCallsInHalfOpen = 3
      /// How long it waits for them, 1…3,600,000.
      public var halfOpenMaximumMilliseconds = 30_000
      /// The codes that count as failures, by name.
      public var failures = ["DVT_FAILED", "DVT_CRASHED", "DVT_TIMEOUT", "DVT_UNAVAILABLE"]
    }

    /// How many calls are made at once.
    public struct BulkheadSettings: Sendable, Equatable {
      /// Whether there is one.
      public var isEnabled = false
      /// Whether each caller has one of its own.
      public var perCaller = false
      /// Calls that may run at once, 1…100,000.
      public var concurrentCalls = 16
      /// Calls that may wait for a place, 0…100,000.
      public var waitingCalls = 0
      /// How long each of them waits, 0…600,000.
      public var waitMilliseconds = 0
    }

    /// How many calls are made in how much time.
    public struct RateLimitSettings: Sendable, Equatable {
      /// Whether there is one.
      public var isEnabled = false
      /// Whether each caller has one of its own.
      public var perCaller = false
      /// Calls in each period, 1…10,000,000.
      public var calls = 100
      /// The period, 1…3,600,000.
      public var periodMilliseconds = 1_000
      /// Calls at once after a rest, 0…10,000,000; 0 for those of a period.
      public var burst = 0
      /// How long a call waits for its turn, 0…600,000.
      public var waitMilliseconds = 0
    }

    /// When calls are not made because earlier ones went badly.
    public var breaker = BreakerSettings()
    /// How many calls are made at once.
    public var bulkhead = BulkheadSettings()
    /// How many calls are made in how much time.
    public var rateLimit = RateLimitSettings()
    /// How long a call may take, 0…600,000; 0 for as long as its caller waits.
    public var timeLimitMilliseconds = 0
    /// The service that answers when this one cannot; empty for none.
    var fallback = ""

    /// The defaults: nothing holds.
    public init() {}
  }
}

extension HostConfiguration.Calls {
  private static func nanoseconds(_ milliseconds: Int) -> UInt64 {
    UInt64(max(0, milliseconds)) * 1_000_000
  }

  /// What holds, as the bus takes it.
  ///
  /// - Parameter own: What the caller that it is for has of its own.
  /// - Returns: The policy.
  func policy(own: Set<CallPolicy.Part> = []) -> CallPolicy {
    var policy = CallPolicy()
    policy.perCaller = own
    if breaker.perCaller { policy.perCaller.insert(.breaker) }
    if bulkhead.perCaller { policy.perCaller.insert(.bulkhead) }
    if rateLimit.perCaller { policy.perCaller.insert(.rateLimit) }
    if breaker.isEnabled { policy.breaker = breakerPolicy }
    if bulkhead.isEnabled {
      var rule = Bulkhead.Policy()
      rule.calls = bulkhead.concurrentCalls
      rule.waiting = bulkhead.waitingCalls
      rule.wait = Self.nanoseconds(bulkhead.waitMilliseconds)
      policy.bulkhead = rule
    }
    if rateLimit.isEnabled {
      var rule = RateLimiter.Policy()
      rule.calls = rateLimit.calls
      rule.period = Self.nanoseconds(rateLimit.periodMilliseconds)
      rule.burst = rateLimit.burst == 0 ? nil : rateLimit.burst
      rule.wait = Self.nanoseconds(rateLimit.waitMilliseconds)
      policy.rateLimit = rule
    }
    policy.timeLimit = timeLimitMilliseconds == 0 ? nil : Self.nanoseconds(timeLimitMilliseconds)
    policy.fallback = fallback.isEmpty ? nil : fallback
    policy.failures = Set(breaker.failures.compactMap(CodeName.code))
    return policy
  }

  /// When a breaker opens, whether there is one or not.
  var breakerPolicy: CircuitBreaker.Policy {
    var rule = CircuitBreaker.Policy()
    rule.window =
      breaker.windowMilliseconds == 0
      ? .calls(breaker.windowCalls) : .time(Self.nanoseconds(breaker.windowMilliseconds))
    rule.minimumCalls = breaker.minimumCalls
    rule.failureRate = breaker.failureRate == 0 ? nil : breaker.failureRate
    rule.consecutiveFailures = breaker.consecutiveFailures == 0 ? nil : breaker.consecutiveFailures
    rule.slowCall =
      breaker.slowCallMilliseconds == 0 ? nil : Self.nanoseconds(breaker.slowCallMilliseconds)
    rule.slowCallRate = breaker.slowCallRate
    rule.openTime = Backoff(
      initial: Self.nanoseconds(breaker.openMilliseconds),
      multiplier: Double(breaker.openMultiplier),
      cap: Self.nanoseconds(max(breaker.openMilliseconds, breaker.openMaximumMilliseconds)),
      jitter: Double(breaker.openJitter) / 100)
    rule.permittedCallsInHalfOpen = breaker.permittedCallsInHalfOpen
    rule.halfOpenMaximum = Self.nanoseconds(breaker.halfOpenMaximumMilliseconds)
    return rule
  }
}
