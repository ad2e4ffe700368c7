import HostSupport
import Synchronization

/// The circuit breaker of the calls of a service: shared by the threads that call, named, and counting.
///
/// Threading: any thread. While it is closed a call takes its lock once, when it has returned; no lock is held while anything else
/// runs.
public final class Breaker: Sendable {
  /// Which calls are meant.
  public struct Name: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The service, or topic of requests.
    public let service: String
    /// Id of the plugin that offers it.
    public let provider: String
    /// Id of the plugin that calls; empty for all that share it.
    public let caller: String
    /// What the caller calls it, where it has several; else empty.
    public let label: String

    /// Names a breaker.
    public init(service: String, provider: String, caller: String = "", label: String = "") {
      self.service = service
      self.provider = provider
      self.caller = caller
      self.label = label
    }

    /// `SERVICE`, `SERVICE@CALLER` or `SERVICE@CALLER/LABEL`.
    public var description: String {
      service + (caller.isEmpty ? "" : "@\(caller)") + (label.isEmpty ? "" : "/\(label)")
    }

    /// By name, then by provider.
    public static func < (left: Name, right: Name) -> Bool {
      (left.description, left.provider) < (right.description, right.provider)
    }
  }

  /// That a call may be made.
  public struct Permit: Sendable {
    fileprivate let permit: CircuitBreaker.Permit
    /// When it was given; 0 where nobody asks how long the call takes.
    fileprivate let began: UInt64
  }

  /// What it counted so far.
  public struct Figures: Sendable, Equatable {
    /// Calls that went as they should.
    public var succeeded: UInt64 = 0
    /// Calls that failed.
    public var failed: UInt64 = 0
    /// Calls, of both kinds, that took long.
    public var slow: UInt64 = 0
    /// Calls that said nothing of the service.
    public var ignored: UInt64 = 0
    /// Calls that were rejected.
    public var rejected: UInt64 = 0
    /// Calls that a fallback answered, or tried to.
    public var fallenBack: UInt64 = 0
    /// How often it opened.
    public var opened: UInt64 = 0
    /// How often it became half-open.
    public var halfOpened: UInt64 = 0
    /// How often it closed.
    public var closed: UInt64 = 0
  }

  /// How it is at one moment.
  public struct Snapshot: Sendable {
    /// Which calls are meant.
    public let name: Name
    /// What it does with calls.
    public let state: CircuitBreaker.State
    /// Number of the state: 1 for the first, then one more with each change.
    public let era: UInt64
    /// The calls of its sliding window.
    public let window: SlidingWindow.Counts
    /// The last calls that failed without a success between them.
    public let consecutiveFailures: Int
    /// When it opens.
    public let policy: CircuitBreaker.Policy
    /// What it counted so far.
    public let figures: Figures
    /// When it became so; `nil` when it always was.
    public let changed: UInt64?
  }

  private struct State {
    var breaker: CircuitBreaker
    var figures = Figures()
    var changed: UInt64?
    /// Changes that nobody was told of yet.
    var news: [Snapshot] = []
  }

  /// Which calls are meant.
  public let name: Name
  private let state: Mutex<State>
  /// Of a closed breaker: its era, doubled, and 1 more when its calls are timed; else 0.
  private let closed = Atomic<UInt64>(0)
  private let onChange: @Sendable (Snapshot) -> Void

  /// A closed breaker that has seen no call.
  ///
  /// - Parameters:
  ///   - name: Which calls are meant.
  ///   - policy: When it opens.
  ///   - onChange: Told of each change of its state, on the thread that caused it, under no lock. Two changes may be told in
  ///     any order: `era` says which came later.
  public init(
    _ name: Name, _ policy: CircuitBreaker.Policy,
    onChange: @escaping @Sendable (Snapshot) -> Void = { _ in }
  ) {
    self.name = name
    self.onChange = onChange
    let breaker = CircuitBreaker(policy)
    state = Mutex(State(breaker: breaker))
    closed.store(Self.mark(breaker), ordering: .relaxed)
  }

  // MARK: Calls

  /// Asks whether a call may be made.
  ///
  /// - Returns: The permit, to be given back by `record` once; `nil` when the call is rejected.
  public func enter() -> Permit? {
    let mark = closed.load(ordering: .acquiring)
    if mark != 0 {
      return Permit(
        permit: CircuitBreaker.Permit(era: mark >> 1), began: mark & 1 == 0 ? 0 : Deadline.now())
    }
    return change { state in
      let permit = state.breaker.permit(at: Deadline.now(), random: .random(in: 0...1))
      guard let permit else {
        state.figures.rejected += 1
        return nil
      }
      let began = state.breaker.policy.needsClock ? Deadline.now() : 0
      return Permit(permit: permit, began: began)
    }
  }

  /// Says what came of a call.
  ///
  /// - Parameters:
  ///   - permit: Under which it was made.
  ///   - outcome: How it went.
  public func leave(_ permit: Permit, _ outcome: CircuitBreaker.Outcome) {
    let took = permit.began == 0 ? 0 : Deadline.now() &- permit.began
    let isNews = state.withLock { state -> Bool in
      switch outcome {
      case .success: state.figures.succeeded += 1
      case .failure: state.figures.failed += 1
      case .ignored: state.figures.ignored += 1
      }
      if permit.began != 0, outcome != .ignored, state.breaker.isSlow(took) {
        state.figures.slow += 1
      }
      let era = state.breaker.era
      state.breaker.record(
        outcome, took: took, under: permit.permit,
        at: permit.began == 0 ? Deadline.now() : permit.began &+ took,
        random: .random(in: 0...1))
      guard state.breaker.era != era else { return false }
      noteChange(&state)
      return true
    }
    if isNews { tell() }
  }

  /// Counts a call that a fallback is to answer.
  public func noteFallback() { state.withLock { $0.figures.fallenBack += 1 } }

  // MARK: By hand

  /// Opens it until somebody closes it.
  public func open() { change { $0.breaker.open(at: Deadline.now()) } }

  /// Closes it, with an empty window.
  public func close() { change { $0.breaker.close() } }

  /// Closes it and forgets what it counted.
  public func reset() {
    change { state in
      state.breaker.close()
      state.figures = Figures()
    }
  }

  /// Has an open one permit a few calls now, because what it guards was replaced; one that an operator opened stays open.
  public func probe() { change { $0.breaker.probe(at: Deadline.now()) } }

  /// Decides by another policy from now on.
  public func follow(_ policy: CircuitBreaker.Policy) {
    change { if $0.breaker.policy != policy { $0.breaker.policy = policy } }
  }

  /// How it is now.
  public var snapshot: Snapshot {
    state.withLock { snapshot(&$0, at: Deadline.now()) }
  }

  /// Whether it rejects calls.
  public var isOpen: Bool {
    state.withLock { state in
      if case .open = state.breaker.state { return true }
      return false
    }
  }

  // MARK: Changes

  private static func mark(_ breaker: CircuitBreaker) -> UInt64 {
    guard breaker.state == .closed else { return 0 }
    return breaker.era << 1 | (breaker.policy.needsClock ? 1 : 0)
  }

  /// Does something to it, and tells of a change of its state.
  private func change<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
    let (result, isNews) = state.withLock { state -> (Result, Bool) in
      let era = state.breaker.era
      let result = body(&state)
      guard state.breaker.era != era else {
        closed.store(Self.mark(state.breaker), ordering: .releasing)
        return (result, false)
      }
      noteChange(&state)
      return (result, true)
    }
    if isNews { tell() }
    return result
  }

  /// Counts a change of the state, and keeps it until it is told.
  private func noteChange(_ state: inout State) {
    closed.store(Self.mark(state.breaker), ordering: .releasing)
    let now = Deadline.now()
    state.changed = now
    switch state.breaker.state {
    case .closed: state.figures.closed += 1
    case .open: state.figures.opened += 1
    case .halfOpen: state.figures.halfOpened += 1
    }
    state.news.append(snapshot(&state, at: now))
  }

  private func tell() {
    let news = state.withLock { state in
      defer { state.news = [] }
      return state.news
    }
    for change in news { onChange(change) }
  }

  private func snapshot(_ state: inout State, at now: UInt64) -> Snapshot {
    Snapshot(
      name: name, state: state.breaker.state, era: state.breaker.era,
      window: state.breaker.counts(at: now),
      consecutiveFailures: state.breaker.consecutiveFailures, policy: state.breaker.policy,
      figures: state.figures, changed: state.changed)
  }
}
