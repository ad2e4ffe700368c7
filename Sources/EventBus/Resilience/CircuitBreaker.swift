/// Decides from how the last calls went whether further ones are made: closed, open, half-open.
///
/// It is closed while enough of them succeed. It opens when too many of the calls in its sliding window failed or were slow, and
/// then permits none for a while, which grows each time; after it, half-open, it permits a few. When those succeed it closes, else
/// it opens again. A value without a clock or a lock: every method is told the time; `Breaker` is the one that threads share.
public struct CircuitBreaker: Sendable {
  /// What it does with calls.
  public enum State: Sendable, Equatable {
    /// They are made, and counted.
    case closed
    /// They are rejected.
    case open(Opening)
    /// A few are made, to see how they go.
    case halfOpen(Trial)
  }

  /// Why and how long it is open.
  public struct Opening: Sendable, Equatable {
    /// When it opened.
    public let since: UInt64
    /// When it becomes half-open, at the next call; `nil` when an operator opened it, and has to close it.
    public let until: UInt64?
    /// Why.
    public let reason: Reason
  }

  /// How the calls go that a half-open breaker permitted.
  public struct Trial: Sendable, Equatable {
    /// When it became half-open.
    public let since: UInt64
    /// Calls that were permitted.
    public fileprivate(set) var permitted = 0
    /// Those of them that have returned.
    public fileprivate(set) var returned = 0
    /// Those that failed.
    public fileprivate(set) var failed = 0
    /// Those that took long.
    public fileprivate(set) var slow = 0
  }

  /// Why it opened.
  public enum Reason: Sendable, Equatable {
    /// Too many calls of the window failed.
    case failureRate(failed: Int, of: Int)
    /// So many failed in a row.
    case consecutiveFailures(Int)
    /// Too many calls of the window took long.
    case slowCallRate(slow: Int, of: Int)
    /// Too many of the calls that it permitted when half-open failed.
    case trialFailed(failed: Int, of: Int)
    /// Too many of the calls that it permitted when half-open took long.
    case trialSlow(slow: Int, of: Int)
    /// So many of the calls that it permitted when half-open did not return.
    case trialUnreturned(Int)
    /// An operator opened it.
    case manual
  }

  /// How a call went.
  public enum Outcome: Sendable, Equatable {
    /// As it should; also when it was refused for what was asked of it.
    case success
    /// It failed.
    case failure
    /// It says nothing of who was called.
    case ignored
  }

  /// That a call may be made. What came of it counts only as long as the breaker has not changed its state.
  public struct Permit: Sendable, Equatable {
    /// Number of the state that gave it.
    public let era: UInt64

    init(era: UInt64) { self.era = era }
  }

  /// When it opens, and how long. What is open stays so until it is due.
  public var policy: Policy {
    didSet { if policy.window != oldValue.window { window = SlidingWindow(policy.window) } }
  }
  /// What it does with calls.
  public private(set) var state = State.closed
  /// Number of the present state: 1 for the first, then one more with each change.
  public private(set) var era: UInt64 = 1
  /// How often it has opened since it was closed last.
  public private(set) var openings = 0
  private var window: SlidingWindow

  /// A closed breaker that has seen no call.
  public init(_ policy: Policy = Policy()) {
    self.policy = policy
    window = SlidingWindow(policy.window)
  }

  // MARK: Calls

  /// Asks whether a call may be made.
  ///
  /// - Parameters:
  ///   - now: Nanoseconds of a clock that does not go back.
  ///   - random: 0…1, where the next pause lies within its jitter.
  /// - Returns: The permit, to be given back by `record` once; `nil` when the call is rejected.
  public mutating func permit(
    at now: @autoclosure () -> UInt64, random: @autoclosure () -> Double = 0.5
  ) -> Permit? {
    switch state {
    case .closed: return Permit(era: era)
    case .open(let opening):
      guard let until = opening.until, until <= now() else { return nil }
      become(.halfOpen(Trial(since: now(), permitted: 1)))
      return Permit(era: era)
    case .halfOpen(var trial):
      if trial.permitted < policy.permittedCallsInHalfOpen {
        trial.permitted += 1
        state = .halfOpen(trial)
        return Permit(era: era)
      }
      let time = now()
      guard time >= trial.since &+ policy.halfOpenMaximum else { return nil }
      open(.trialUnreturned(trial.permitted - trial.returned), at: time, random: random())
      return nil
    }
  }

  /// Says what came of a call.
  ///
  /// - Parameters:
  ///   - outcome: How it went.
  ///   - nanoseconds: How long it took; not looked at where the policy has no slow calls.
  ///   - permit: Under which it was made.
  ///   - now: Nanoseconds of the clock.
  ///   - random: 0…1, where the next pause lies within its jitter.
  public mutating func record(
    _ outcome: Outcome, took nanoseconds: UInt64 = 0, under permit: Permit,
    at now: @autoclosure () -> UInt64, random: @autoclosure () -> Double = 0.5
  ) {
    guard permit.era == era else { return }
    let failed = outcome == .failure
    let slow = isSlow(nanoseconds)
    switch state {
    case .open: return
    case .closed:
      guard outcome != .ignored else { return }
      window.add(failed: failed, slow: slow, at: now())
      if let reason = trip { open(reason, at: now(), random: random()) }
    case .halfOpen(var trial):
      guard outcome != .ignored else {
        trial.permitted -= 1
        state = .halfOpen(trial)
        return
      }
      trial.returned += 1
      trial.failed += failed ? 1 : 0
      trial.slow += slow ? 1 : 0
      state = .halfOpen(trial)
      if let reason = verdict(trial) {
        open(reason, at: now(), random: random())
      } else if trial.returned >= policy.permittedCallsInHalfOpen {
        close()
      }
    }
  }

  /// Whether a call that took so long is slow.
  public func isSlow(_ nanoseconds: UInt64) -> Bool {
    policy.slowCall.map { nanoseconds >= $0 } ?? false
  }

  /// The calls of the sliding window: those that a closed breaker decides by, or that an open one opened for.
  ///
  /// - Parameter now: Nanoseconds of the clock.
  /// - Returns: How many there are, and how they went.
  public mutating func counts(at now: UInt64) -> SlidingWindow.Counts {
    window.move(to: now)
    return window.counts
  }

  /// The last calls that failed without a success between them.
  public var consecutiveFailures: Int { window.consecutiveFailures }

  // MARK: By hand

  /// Opens it until somebody closes it.
  ///
  /// - Parameter now: Nanoseconds of the clock.
  public mutating func open(at now: UInt64) {
    become(.open(Opening(since: now, until: nil, reason: .manual)))
  }

  /// Closes it, with an empty window. Also makes the next pause the first again.
  public mutating func close() {
    window = SlidingWindow(policy.window)
    openings = 0
    if state != .closed { become(.closed) }
  }

  /// Has it permit a few calls now, because what it guards was replaced; one that an operator opened stays open.
  ///
  /// - Parameter now: Nanoseconds of the clock.
  public mutating func probe(at now: UInt64) {
    guard case .open(let opening) = state, opening.until != nil else { return }
    become(.halfOpen(Trial(since: now)))
  }

  // MARK: Deciding

  private mutating func become(_ next: State) {
    state = next
    era += 1
  }

  private mutating func open(_ reason: Reason, at now: UInt64, random: Double) {
    openings += 1
    let pause = policy.openTime.pause(after: openings, random: random)
    become(.open(Opening(since: now, until: now &+ max(1, pause), reason: reason)))
  }

  /// Why a closed breaker has to open.
  private var trip: Reason? {
    if let limit = policy.consecutiveFailures, window.consecutiveFailures >= limit {
      return .consecutiveFailures(window.consecutiveFailures)
    }
    let counts = window.counts
    guard counts.calls >= policy.effectiveMinimum else { return nil }
    if let rate = policy.failureRate, counts.failed * 100 >= rate * counts.calls {
      return .failureRate(failed: counts.failed, of: counts.calls)
    }
    if policy.slowCall != nil, counts.slow * 100 >= policy.slowCallRate * counts.calls {
      return .slowCallRate(slow: counts.slow, of: counts.calls)
    }
    return nil
  }

  /// Why a half-open breaker has to open: as soon as the calls that are still out cannot change it.
  private func verdict(_ trial: Trial) -> Reason? {
    let permitted = policy.permittedCallsInHalfOpen
    func needed(_ rate: Int) -> Int { max(1, (rate * permitted + 99) / 100) }
    if trial.failed >= needed(policy.failureRate ?? 1) {
      return .trialFailed(failed: trial.failed, of: trial.returned)
    }
    if policy.slowCall != nil, trial.slow >= needed(policy.slowCallRate) {
      return .trialSlow(slow: trial.slow, of: trial.returned)
    }
    return nil
  }
}
