public import HostSupport

/// What the calls of one service by one caller, or by all that share it, pass before and after they are made.
///
/// Threading: any thread.
public final class CallGuard: Sendable {
  /// Why a call is not made.
  public indirect enum Refusal: Error, Sendable {
    /// There were too many calls; another may be tried after so many nanoseconds.
    case rateLimited(RateLimiter.Policy, retryAfter: UInt64)
    /// Too many calls run.
    case full(Bulkhead.Policy, Bulkhead.Figures)
    /// Earlier calls went badly.
    case open(Breaker.Snapshot)
  }

  /// That a call may be made.
  public struct Entry: Sendable {
    fileprivate let permit: Breaker.Permit?
  }

  /// What holds.
  public let policy: CallPolicy
  /// Bounds calls in time.
  public let limiter: RateLimiter?
  /// Bounds calls at once.
  public let bulkhead: Bulkhead?
  /// Rejects calls after failures.
  public let breaker: Breaker?

  init(
    _ policy: CallPolicy, limiter: RateLimiter?, bulkhead: Bulkhead?, breaker: Breaker?
  ) {
    self.policy = policy
    self.limiter = limiter
    self.bulkhead = bulkhead
    self.breaker = breaker
  }

  /// Lets a call in, or not; it may have to wait for its turn and for a place.
  ///
  /// - Parameter deadline: When its caller gives up.
  /// - Returns: The entry, to be given back by `leave` once.
  /// - Throws: Why the call is not made.
  public func enter(until deadline: Deadline) throws(Refusal) -> Entry {
    if let limiter,
      let wait = limiter.enter(patience: limiter.policy.wait == 0 ? 0 : deadline.remaining ?? .max)
    {
      throw .rateLimited(limiter.policy, retryAfter: wait)
    }
    if let bulkhead, !bulkhead.enter(until: deadline) {
      throw .full(bulkhead.policy, bulkhead.figures)
    }
    guard let breaker else { return Entry(permit: nil) }
    guard let permit = breaker.enter() else {
      bulkhead?.leave()
      throw .open(breaker.snapshot)
    }
    return Entry(permit: permit)
  }

  /// When a call has to be done that is made now.
  ///
  /// - Parameters:
  ///   - deadline: When its caller gives up.
  ///   - limit: Nanoseconds that the caller allows in place of the policy's; `nil` for those.
  /// - Returns: The earlier of both.
  public func deadline(_ deadline: Deadline, limit: UInt64? = nil) -> Deadline {
    guard let limit = limit ?? policy.timeLimit else { return deadline }
    return min(deadline, Deadline(nanoseconds: Deadline.now() &+ limit))
  }

  /// Says what came of a call.
  ///
  /// - Parameters:
  ///   - entry: Under which it was made.
  ///   - outcome: How it went.
  public func leave(_ entry: Entry, _ outcome: CircuitBreaker.Outcome) {
    if let breaker, let permit = entry.permit { breaker.leave(permit, outcome) }
    bulkhead?.leave()
  }
}
