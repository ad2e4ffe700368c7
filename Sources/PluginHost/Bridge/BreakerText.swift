import EventBus
import HostSupport

/// What is said of a circuit breaker to people.
struct BreakerText {
  private let breaker: Breaker.Snapshot
  private let now = Deadline.now()

  init(_ breaker: Breaker.Snapshot) { self.breaker = breaker }

  /// A length of time, such as "850 ms" or "12.5 s"; a short one in microseconds.
  static func time(_ nanoseconds: UInt64) -> String {
    switch nanoseconds {
    case ..<1_000_000: "\(max(1, nanoseconds / 1_000)) µs"
    case ..<1_000_000_000: "\(nanoseconds / 1_000_000) ms"
    default: "\(nanoseconds / 1_000_000_000).\(nanoseconds / 100_000_000 % 10) s"
    }
  }

  /// A moment of the monotonic clock on the wall, RFC 3339 in UTC.
  static func moment(_ nanoseconds: UInt64, now: UInt64 = Deadline.now()) -> String {
    LogTime.rfc3339(LogTime.now() &- Int64(clamping: now) &+ Int64(clamping: nanoseconds))
  }

  /// `closed`, `open` or `half-open`.
  var state: String {
    switch breaker.state {
    case .closed: "closed"
    case .open: "open"
    case .halfOpen: "half-open"
    }
  }

  /// Why it opened; `nil` when it is closed.
  var reason: String? {
    switch breaker.state {
    case .closed: nil
    case .open(let opening): Self.text(opening.reason, breaker.policy)
    case .halfOpen(let trial):
      "\(trial.returned) of \(breaker.policy.permittedCallsInHalfOpen) trial calls have returned"
    }
  }

  /// Milliseconds until an open one permits calls; `nil` when it does not by itself.
  var probesIn: UInt64? {
    guard case .open(let opening) = breaker.state, let until = opening.until else { return nil }
    return until > now ? (until - now + 999_999) / 1_000_000 : 0
  }

  /// Why a call was rejected, since when, until when, and what to do.
  var refusal: String {
    let reset = "'dovetail breakers reset \(breaker.name)' closes it now"
    switch breaker.state {
    case .closed: return "its circuit breaker was open a moment ago; try again"
    case .open(let opening):
      let since = "since \(Self.moment(opening.since, now: now))"
      let why = Self.text(opening.reason, breaker.policy)
      guard let probesIn else {
        return "its circuit breaker is open \(since): \(why); \(reset)"
      }
      return "its circuit breaker is open \(since): \(why); "
        + "it probes again in \(Self.time(probesIn * 1_000_000)); \(reset)"
    case .halfOpen(let trial):
      return "its circuit breaker is half-open since \(Self.moment(trial.since, now: now)): "
        + "\(trial.permitted - trial.returned) trial calls run, and no other is made until they return; \(reset)"
    }
  }

  private static func text(
    _ reason: CircuitBreaker.Reason, _ policy: CircuitBreaker.Policy
  ) -> String {
    switch reason {
    case .failureRate(let failed, let calls):
      "\(failed) of the last \(calls) calls failed (\(percent(failed, calls)); it opens at \(policy.failureRate ?? 0) %)"
    case .consecutiveFailures(let count): "\(count) calls in a row failed"
    case .slowCallRate(let slow, let calls):
      "\(slow) of the last \(calls) calls took \(time(policy.slowCall ?? 0)) or longer (\(percent(slow, calls)); it opens at \(policy.slowCallRate) %)"
    case .trialFailed(let failed, let calls): "\(failed) of \(calls) trial calls failed"
    case .trialSlow(let slow, let calls):
      "\(slow) of \(calls) trial calls took \(time(policy.slowCall ?? 0)) or longer"
    case .trialUnreturned(let count):
      "\(count) trial calls had not returned after \(time(policy.halfOpenMaximum))"
    case .manual: "an operator opened it"
    }
  }

  private static func percent(_ part: Int, _ whole: Int) -> String {
    "\(whole == 0 ? 0 : part * 100 / whole) %"
  }
}
