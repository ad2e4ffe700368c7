import EventBus

/// A circuit breaker as one would explain it: it keeps every call that it has seen, and counts them anew each time.
struct BreakerModel {
  enum Mode: Equatable { case closed, open, halfOpen }

  private struct Call {
    let time: UInt64
    let failed: Bool
    let slow: Bool
  }

  let policy: CircuitBreaker.Policy
  private(set) var mode = Mode.closed
  /// Number of the present mode's turn.
  private(set) var turn = 1
  private(set) var reopens: UInt64? = nil
  private var seen: [Call] = []
  private var openings = 0
  private var began: UInt64 = 0
  private var out = 0

  init(_ policy: CircuitBreaker.Policy) { self.policy = policy }

  private mutating func become(_ next: Mode) {
    mode = next
    turn += 1
    seen = []
    out = 0
  }

  private mutating func fail(at now: UInt64) {
    openings += 1
    var pause = Double(policy.openTime.initial)
    for _ in 1..<openings {
      pause = min(pause * policy.openTime.multiplier, Double(policy.openTime.cap))
    }
    become(.open)
    reopens = now + max(1, UInt64(min(pause, Double(policy.openTime.cap))))
  }

  /// The turn whose call is permitted; `nil` when it is rejected.
  mutating func permit(at now: UInt64) -> Int? {
    switch mode {
    case .closed: return turn
    case .open:
      guard let reopens, now >= reopens else { return nil }
      become(.halfOpen)
      began = now
      out = 1
      return turn
    case .halfOpen:
      if out + seen.count < policy.permittedCallsInHalfOpen {
        out += 1
        return turn
      }
      if now >= began + policy.halfOpenMaximum { fail(at: now) }
      return nil
    }
  }

  mutating func record(
    _ outcome: CircuitBreaker.Outcome, took: UInt64, under turn: Int, at now: UInt64
  ) {
    guard turn == self.turn, mode != .open else { return }
    if mode == .halfOpen { out -= 1 }
    guard outcome != .ignored else { return }
    seen.append(
      Call(
        time: now, failed: outcome == .failure,
        slow: policy.slowCall.map { took >= $0 } ?? false))
    if mode == .halfOpen { judgeTrial(at: now) } else { judge(at: now) }
  }

  private mutating func judge(at now: UInt64) {
    let run = seen.reversed().prefix { $0.failed }.count
    if let limit = policy.consecutiveFailures, run >= limit { return fail(at: now) }
    let window: [Call]
    var least = policy.minimumCalls
    switch policy.window {
    case .calls(let most):
      window = Array(seen.suffix(most))
      least = min(least, most)
    case .time(let length):
      window = seen.filter { $0.time / (length / 10) + 10 > now / (length / 10) }
    }
    guard window.count >= least else { return }
    let percent = { (bad: Int) in Double(bad) * 100 / Double(window.count) }
    if let rate = policy.failureRate, percent(window.count(where: \.failed)) >= Double(rate) {
      return fail(at: now)
    }
    if policy.slowCall != nil, percent(window.count(where: \.slow)) >= Double(policy.slowCallRate) {
      fail(at: now)
    }
  }

  private mutating func judgeTrial(at now: UInt64) {
    let all = Double(policy.permittedCallsInHalfOpen)
    let bad = seen.count(where: \.failed)
    let slow = seen.count(where: \.slow)
    let isBad = bad > 0 && Double(bad) * 100 / all >= Double(policy.failureRate ?? 1)
    let isSlow =
      policy.slowCall != nil && slow > 0
      && Double(slow) * 100 / all >= Double(policy.slowCallRate)
    if isBad || isSlow {
      fail(at: now)
    } else if seen.count >= policy.permittedCallsInHalfOpen {
      close()
    }
  }

  mutating func open() {
    become(.open)
    reopens = nil
  }

  mutating func close() {
    openings = 0
    if mode == .closed { seen = [] } else { become(.closed) }
  }

  mutating func probe(at now: UInt64) {
    guard mode == .open, reopens != nil else { return }
    become(.halfOpen)
    began = now
  }
}
