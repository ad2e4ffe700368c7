/// What is known of one plugin's health, and since when.
struct HealthRecord: Sendable {
  /// A change from one state to another.
  struct Change: Sendable, Equatable {
    /// When, in nanoseconds since 1970.
    let time: Int64
    /// What it was from then on.
    let state: HealthState
  }

  /// The most changes that are kept.
  static let longestHistory = 20

  /// Of the generation that serves; what was counted of another one says nothing of it.
  private(set) var generation: UInt32
  private(set) var state = HealthState.unknown("it has not been checked yet")
  private(set) var history: [Change] = []
  private(set) var changes: UInt64 = 0
  private(set) var checks: UInt64 = 0
  /// When the last check ended, in nanoseconds since 1970; `nil` before the first.
  private(set) var checkedAt: Int64?
  /// How long it took, in nanoseconds.
  private(set) var took: UInt64?
  private(set) var unhealthyInRow = 0
  private(set) var healthyInRow = 0
  /// The number of the check under way.
  var running: UInt64?
  /// When the next one is due, on the monotonic clock.
  var due: UInt64 = 0
  /// Restarts because it was unhealthy, since it was last healthy for long enough.
  var restarts = 0
  /// Whether something was done about the present run of unhealthy checks.
  var isActedOn = false
  /// Failed calls and deliveries as the last check began.
  var failures: UInt64 = 0
  var delivered: UInt64 = 0

  init(generation: UInt32) { self.generation = generation }

  /// Another generation serves: it is judged anew.
  mutating func follow(_ generation: UInt32, at time: Int64) {
    guard generation != self.generation else { return }
    self.generation = generation
    (unhealthyInRow, healthyInRow, isActedOn) = (0, 0, false)
    (failures, delivered, running, due) = (0, 0, nil, 0)
    set(.unknown("a new generation of it has not been checked yet"), at: time)
  }

  /// A check has ended, or was given up.
  ///
  /// - Parameters:
  ///   - verdict: What came of it.
  ///   - time: When, in nanoseconds since 1970.
  ///   - took: How long it took, in nanoseconds.
  ///   - enough: So many healthy checks in a row make earlier restarts forgotten.
  /// - Returns: The state before, when that has changed.
  mutating func settle(
    _ verdict: HealthState, at time: Int64, took: UInt64, enough: Int
  ) -> HealthState? {
    checks += 1
    (checkedAt, self.took) = (time, took)
    if case .unhealthy = verdict {
      unhealthyInRow += 1
      healthyInRow = 0
    } else {
      (unhealthyInRow, isActedOn) = (0, false)
      healthyInRow += 1
      if healthyInRow >= enough { restarts = 0 }
    }
    let former = state
    return set(verdict, at: time) ? former : nil
  }

  /// Enters a state without a check; `false` when it is the same kind as before, whose reason is brought up to date.
  @discardableResult
  mutating func set(_ state: HealthState, at time: Int64) -> Bool {
    let isNew = state.name != self.state.name
    self.state = state
    guard isNew else {
      if let last = history.last {
        history[history.count - 1] = Change(time: last.time, state: state)
      }
      return false
    }
    changes += 1
    history.append(Change(time: time, state: state))
    if history.count > Self.longestHistory { history.removeFirst() }
    return true
  }
}
