import Testing

@testable import EventBus

/// The state machine of circuit breakers.
@Suite struct CircuitBreakerTests {
  /// What can happen to a breaker.
  enum Step: CaseIterable {
    case begin, succeed, fail, dawdle, ignore, wait, waitLong, open, close, probe
  }

  /// A breaker and its model, told the same.
  struct Pair {
    var breaker: CircuitBreaker
    var model: BreakerModel
    var now: UInt64 = 1_000
    /// Calls that have begun and not returned.
    var running: [(CircuitBreaker.Permit, Int)] = []

    init(_ policy: CircuitBreaker.Policy) {
      breaker = CircuitBreaker(policy)
      model = BreakerModel(policy)
    }

    /// Takes a step; says what differs.
    mutating func take(_ step: Step, oldest: Bool = true) -> String? {
      switch step {
      case .begin:
        let permit = breaker.permit(at: now)
        let turn = model.permit(at: now)
        if (permit == nil) != (turn == nil) {
          return "permit \(permit as Any), expected \(turn as Any)"
        }
        if let permit, let turn { running.append((permit, turn)) }
      case .succeed: record(.success, took: 1, oldest)
      case .fail: record(.failure, took: 1, oldest)
      case .dawdle: record(.success, took: 50, oldest)
      case .ignore: record(.ignored, took: 1, oldest)
      case .wait: now += 30
      case .waitLong: now += 400
      case .open:
        breaker.open(at: now)
        model.open()
      case .close:
        breaker.close()
        model.close()
      case .probe:
        breaker.probe(at: now)
        model.probe(at: now)
      }
      return difference
    }

    private mutating func record(_ outcome: CircuitBreaker.Outcome, took: UInt64, _ oldest: Bool) {
      guard !running.isEmpty else { return }
      let (permit, turn) = oldest ? running.removeFirst() : running.removeLast()
      breaker.record(outcome, took: took, under: permit, at: now)
      model.record(outcome, took: took, under: turn, at: now)
    }

    private var difference: String? {
      let mode: BreakerModel.Mode
      var until: UInt64?
      switch breaker.state {
      case .closed: mode = .closed
      case .open(let opening):
        mode = .open
        until = opening.until
      case .halfOpen: mode = .halfOpen
      }
      guard mode == model.mode, breaker.era == UInt64(model.turn) else {
        return "\(breaker.state) (\(breaker.era)), expected \(model.mode) (\(model.turn))"
      }
      if mode == .open, until != model.reopens {
        return "open until \(until as Any), expected \(model.reopens as Any)"
      }
      return nil
    }
  }

  static func policy(_ change: (inout CircuitBreaker.Policy) -> Void) -> CircuitBreaker.Policy {
    var policy = CircuitBreaker.Policy()
    policy.openTime = Backoff(initial: 100, multiplier: 2, cap: 350)
    policy.halfOpenMaximum = 500
    policy.permittedCallsInHalfOpen = 2
    change(&policy)
    return policy
  }

  static let policies: [CircuitBreaker.Policy] = [
    policy {
      $0.window = .calls(3)
      $0.minimumCalls = 2
    },
    policy {
      $0.failureRate = nil
      $0.consecutiveFailures = 2
      $0.permittedCallsInHalfOpen = 1
    },
    policy {
      $0.window = .time(100)
      $0.minimumCalls = 2
      $0.failureRate = 100
      $0.slowCall = 20
      $0.slowCallRate = 50
    },
    policy {
      $0.window = .calls(4)
      $0.minimumCalls = 10
      $0.consecutiveFailures = 3
      $0.slowCall = 20
      $0.permittedCallsInHalfOpen = 3
    },
  ]

  @Test(arguments: policies)
  func `Every sequence of five steps goes as the model says`(policy: CircuitBreaker.Policy) {
    var sequences = 0
    func walk(_ pair: Pair, _ path: [Step]) {
      guard path.count < 5 else {
        sequences += 1
        return
      }
      for step in Step.allCases {
        var next = pair
        if let difference = next.take(step) {
          Issue.record("\(path + [step]): \(difference)")
          return
        }
        walk(next, path + [step])
      }
    }
    // Two calls are on their way: what they say may come after a change of the state.
    var pair = Pair(policy)
    for _ in 0..<2 { _ = pair.take(.begin) }
    walk(pair, [])
    #expect(sequences == 100_000)
  }

  @Test(arguments: 1...40)
  func `Long random lives go as the model says`(seed: Int) {
    var random = SeededRandom(seed: UInt64(seed))
    let policy = Self.policy { policy in
      policy.window =
        Bool.random(using: &random)
        ? .calls(.random(in: 1...20, using: &random))
        : .time(10 * .random(in: 1...100, using: &random))
      policy.minimumCalls = .random(in: 1...20, using: &random)
      policy.failureRate = Bool.random(using: &random) ? .random(in: 1...100, using: &random) : nil
      policy.consecutiveFailures =
        Bool.random(using: &random) ? .random(in: 1...6, using: &random) : nil
      policy.slowCall = Bool.random(using: &random) ? 20 : nil
      policy.slowCallRate = .random(in: 1...100, using: &random)
      policy.permittedCallsInHalfOpen = .random(in: 1...5, using: &random)
    }
    // Calls come most often, and what operators do seldom.
    let steps: [Step] =
      Array(repeating: .begin, count: 12) + Array(repeating: .succeed, count: 6)
      + Array(repeating: .fail, count: 4)
      + [.dawdle, .dawdle, .ignore, .wait, .wait, .waitLong, .open, .close, .probe]
    var pair = Pair(policy)
    var states: Set<UInt64> = []
    for number in 0..<20_000 {
      guard let step = steps.randomElement(using: &random) else { break }
      if let difference = pair.take(step, oldest: Bool.random(using: &random)) {
        Issue.record("step \(number) (\(step)) of seed \(seed): \(difference)")
        return
      }
      states.insert(pair.breaker.era)
    }
    #expect(states.count > 100, "the breaker hardly ever changed its state")
  }

  @Test func `What is asked of a closed breaker that never opens is the window of calls`() {
    var breaker = CircuitBreaker(
      Self.policy {
        $0.window = .calls(5); $0.failureRate = nil
      })
    for number in 0..<12 {
      let permit = breaker.permit(at: 0)
      if let permit { breaker.record(number % 3 == 0 ? .failure : .success, under: permit, at: 0) }
    }
    let counts = breaker.counts(at: 0)
    #expect(counts.calls == 5)
    #expect(counts.failed == 1)
    #expect(breaker.consecutiveFailures == 0)
  }

  @Test func `It says why it opened, and when it tries again`() {
    var breaker = CircuitBreaker(
      Self.policy {
        $0.window = .calls(4); $0.minimumCalls = 4
      })
    for outcome in [.failure, .success, .success, .failure] as [CircuitBreaker.Outcome] {
      if let permit = breaker.permit(at: 10) { breaker.record(outcome, under: permit, at: 20) }
    }
    #expect(
      breaker.state
        == .open(.init(since: 20, until: 120, reason: .failureRate(failed: 2, of: 4))))
    #expect(breaker.permit(at: 119) == nil)
    #expect(breaker.permit(at: 120) != nil)
    #expect(breaker.permit(at: 120) != nil)
    #expect(breaker.permit(at: 619) == nil)
    #expect(breaker.permit(at: 620) == nil)
    #expect(
      breaker.state == .open(.init(since: 620, until: 820, reason: .trialUnreturned(2))))
    #expect(breaker.openings == 2)
  }

  @Test
  func `The open time grows to its cap, is spread by chance, and starts anew after a success`() {
    var policy = Self.policy {
      $0.consecutiveFailures = 1; $0.permittedCallsInHalfOpen = 1
    }
    policy.openTime.jitter = 0.5
    var breaker = CircuitBreaker(policy)
    var now: UInt64 = 0
    var pauses: [UInt64] = []
    func call(_ outcome: CircuitBreaker.Outcome, random: Double) {
      guard let permit = breaker.permit(at: now, random: random) else { return }
      breaker.record(outcome, under: permit, at: now, random: random)
      guard case .open(let opening) = breaker.state, let until = opening.until else { return }
      pauses.append(until - now)
      now = until
    }
    for random in [0.5, 0.5, 0, 1, 0.5] { call(.failure, random: random) }
    call(.success, random: 0)
    #expect(breaker.state == .closed)
    call(.failure, random: 0.5)
    #expect(pauses == [100, 200, 175, 525, 350, 100])
  }
}
