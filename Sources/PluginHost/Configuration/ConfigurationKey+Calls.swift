import HostSupport

extension ConfigurationKey {
  /// What holds for calls of services. The keys `calls.…` are also what `services` says of one service, without `calls.`.
  static let calling = breaking + bounding

  private static let breaking: [ConfigurationKey] = [
    flag("calls.breaker.enabled", "whether every service has a circuit breaker") {
      $0.calls.breaker.isEnabled = $1
    },
    flag("calls.breaker.perCaller", "whether each caller has a breaker of its own") {
      $0.calls.breaker.perCaller = $1
    },
    whole("calls.breaker.windowCalls", 1...100_000, "calls that the rates are of, the last ones") {
      $0.calls.breaker.windowCalls = $1
    },
    whole(
      "calls.breaker.windowMilliseconds", 0...3_600_000,
      "or the calls of so much time; 0 for windowCalls"
    ) {
      $0.calls.breaker.windowMilliseconds = $1
    },
    whole("calls.breaker.minimumCalls", 1...100_000, "calls from which on the rates count") {
      $0.calls.breaker.minimumCalls = $1
    },
    whole("calls.breaker.failureRate", 0...100, "percent of failures that opens; 0 for never") {
      $0.calls.breaker.failureRate = $1
    },
    whole(
      "calls.breaker.consecutiveFailures", 0...100_000,
      "failures in a row that open; 0 for never"
    ) {
      $0.calls.breaker.consecutiveFailures = $1
    },
    whole(
      "calls.breaker.slowCallMilliseconds", 0...600_000, "how long a slow call takes; 0 for none"
    ) {
      $0.calls.breaker.slowCallMilliseconds = $1
    },
    whole("calls.breaker.slowCallRate", 1...100, "percent of slow calls that opens") {
      $0.calls.breaker.slowCallRate = $1
    },
    whole("calls.breaker.openMilliseconds", 1...3_600_000, "how long it stays open at first") {
      $0.calls.breaker.openMilliseconds = $1
    },
    whole("calls.breaker.openMultiplier", 1...10, "factor of that each time its trial fails") {
      $0.calls.breaker.openMultiplier = $1
    },
    whole(
      "calls.breaker.openMaximumMilliseconds", 1...86_400_000, "how long it stays open at most"
    ) {
      $0.calls.breaker.openMaximumMilliseconds = $1
    },
    whole("calls.breaker.openJitter", 0...100, "percent of the open time that is random") {
      $0.calls.breaker.openJitter = $1
    },
    whole(
      "calls.breaker.permittedCallsInHalfOpen", 1...10_000, "calls that try whether it can close"
    ) {
      $0.calls.breaker.permittedCallsInHalfOpen = $1
    },
    whole(
      "calls.breaker.halfOpenMaximumMilliseconds", 1...3_600_000,
      "how long those may take before it opens again"
    ) {
      $0.calls.breaker.halfOpenMaximumMilliseconds = $1
    },
    ConfigurationKey("calls.breaker.failures", .codes, "codes of replies that count as failures") {
      $0.calls.breaker.failures = ($1.array ?? []).compactMap(\.string)
    },
  ]

  private static let bounding: [ConfigurationKey] = [
    flag("calls.bulkhead.enabled", "whether every service bounds its calls at once") {
      $0.calls.bulkhead.isEnabled = $1
    },
    flag("calls.bulkhead.perCaller", "whether each caller has a bound of its own") {
      $0.calls.bulkhead.perCaller = $1
    },
    whole("calls.bulkhead.concurrentCalls", 1...100_000, "calls that may run at once") {
      $0.calls.bulkhead.concurrentCalls = $1
    },
    whole("calls.bulkhead.waitingCalls", 0...100_000, "calls that may wait for a place") {
      $0.calls.bulkhead.waitingCalls = $1
    },
    whole("calls.bulkhead.waitMilliseconds", 0...600_000, "how long each of them waits") {
      $0.calls.bulkhead.waitMilliseconds = $1
    },
    flag("calls.rateLimit.enabled", "whether every service bounds its calls in time") {
      $0.calls.rateLimit.isEnabled = $1
    },
    flag("calls.rateLimit.perCaller", "whether each caller has a bound of its own") {
      $0.calls.rateLimit.perCaller = $1
    },
    whole("calls.rateLimit.calls", 1...10_000_000, "calls in each period") {
      $0.calls.rateLimit.calls = $1
    },
    whole("calls.rateLimit.periodMilliseconds", 1...3_600_000, "the period") {
      $0.calls.rateLimit.periodMilliseconds = $1
    },
    whole(
      "calls.rateLimit.burst", 0...10_000_000, "calls at once after a rest; 0 for a period's"
    ) {
      $0.calls.rateLimit.burst = $1
    },
    whole("calls.rateLimit.waitMilliseconds", 0...600_000, "how long a call waits for its turn") {
      $0.calls.rateLimit.waitMilliseconds = $1
    },
    whole(
      "calls.timeLimitMilliseconds", 0...600_000,
      "how long a call may take; 0 for as long as its caller waits"
    ) {
      $0.calls.timeLimitMilliseconds = $1
    },
    whole(
      "limits.publishRate", 0...1_000_000_000,
      "events a second that each plugin may publish; 0 for any number"
    ) {
      $0.limits.publishRate = $1
    },
    ConfigurationKey(
      "limits.publishRates", .rates, "the same for single plugins, by id"
    ) {
      $0.limits.publishRates = ($1.object ?? [:]).compactMapValues { $0.int.map(Int.init) }
    },
    ConfigurationKey(
      "services", .services, "what holds for calls of services, by name or pattern"
    ) {
      $0.services = $1.object ?? [:]
    },
  ]
}
