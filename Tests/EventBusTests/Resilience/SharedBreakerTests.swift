import HostSupport
import Synchronization
import TestSupport
import Testing

@testable import EventBus

/// Breakers and guards that several threads share.
@Suite struct SharedBreakerTests {
  private static func name(_ caller: String = "") -> Breaker.Name {
    Breaker.Name(service: "s", provider: "p", caller: caller)
  }

  @Test
  func `Every call of four threads is counted once, and no trial has more calls than permitted`()
    throws
  {
    var policy = CircuitBreaker.Policy()
    policy.window = .calls(10)
    policy.minimumCalls = 5
    policy.openTime = Backoff(initial: 20_000, multiplier: 1, cap: 20_000, jitter: 0.5)
    policy.permittedCallsInHalfOpen = 2
    let changes = Mutex<[Breaker.Snapshot]>([])
    let breaker = Breaker(Self.name(), policy) { news in changes.withLock { $0.append(news) } }
    let made = Atomic<Int>(0)
    let rejected = Atomic<Int>(0)
    let threads = try (0..<4).map { number in
      try Thread(name: "caller") {
        var random = SeededRandom(seed: UInt64(number))
        for _ in 0..<20_000 {
          guard let permit = breaker.enter() else {
            rejected.add(1, ordering: .relaxed)
            continue
          }
          made.add(1, ordering: .relaxed)
          let failed = Int.random(in: 0..<3, using: &random) == 0
          breaker.leave(permit, failed ? .failure : .success)
        }
      }
    }
    for thread in threads { thread.join() }
    let figures = breaker.snapshot.figures
    let (calls, refusals) = (made.load(ordering: .relaxed), rejected.load(ordering: .relaxed))
    #expect(figures.succeeded + figures.failed == UInt64(calls))
    #expect(figures.rejected == UInt64(refusals))
    let told = changes.withLock { $0 }
    #expect(figures.opened + figures.halfOpened + figures.closed == UInt64(told.count))
    // Each change is told once.
    #expect(Set(told.map(\.era)) == Set(2...UInt64(told.count + 1)))
    for case .halfOpen(let trial) in told.map(\.state) {
      #expect(trial.permitted <= policy.permittedCallsInHalfOpen)
    }
    #expect(figures.opened > 10)
  }

  @Test func `What a call is worth depends on the state in which it was made`() throws {
    var policy = CircuitBreaker.Policy()
    policy.consecutiveFailures = 1
    let breaker = Breaker(Self.name(), policy)
    let early = try #require(breaker.enter())
    let first = try #require(breaker.enter())
    breaker.leave(first, .failure)
    #expect(breaker.isOpen)
    #expect(breaker.enter() == nil)
    breaker.reset()
    breaker.leave(early, .failure)
    #expect(!breaker.isOpen)
    #expect(breaker.snapshot.figures.failed == 1)
  }

  private func policy(_ change: (inout CallPolicy) -> Void) -> ServicePolicy {
    var policy = ServicePolicy()
    change(&policy.common)
    return policy
  }

  @Test func `Guards are the same for all callers but where they have something of their own`() {
    let guards = CallGuards()
    var service = policy { $0.breaker = .init() }
    service.common.bulkhead = .init()
    service.callers["vip"] = service.common
    service.callers["vip"]?.perCaller = [.breaker]
    guards.set(preset: CallPolicy()) { [service] in $0 == "s" ? service : nil }
    #expect(guards.serviceGuard(of: "t", by: "p") == nil)
    let first = guards.serviceGuard(of: "s", by: "p")
    #expect(first === guards.serviceGuard(of: "s", by: "p"))
    let (common, vip) = (first?.callGuard(of: "x"), first?.callGuard(of: "vip"))
    #expect(common === first?.callGuard(of: "y"))
    #expect(common?.bulkhead === vip?.bulkhead)
    #expect(common?.breaker !== vip?.breaker)
    #expect(guards.breakers.map { "\($0.name)" } == ["s", "s@vip"])
    // Another policy keeps the breakers, and their state.
    common?.breaker?.open()
    service.common.breaker?.failureRate = 7
    guards.set(preset: CallPolicy()) { [service] in $0 == "s" ? service : nil }
    let next = guards.serviceGuard(of: "s", by: "p")
    #expect(next !== first)
    #expect(next?.callGuard(of: "x").breaker === common?.breaker)
    #expect(common?.breaker?.isOpen == true)
    #expect(common?.breaker?.snapshot.policy.failureRate == 7)
    guards.set(preset: CallPolicy(), nil)
    #expect(guards.breakers.isEmpty)
    #expect(guards.serviceGuard(of: "s", by: "p") == nil)
  }

  @Test func `Nothing is kept when nobody needs it any more`() {
    weak var kept: CallGuards?
    do {
      let guards = CallGuards()
      let service = policy { $0.breaker = .init() }
      guards.set(preset: CallPolicy()) { _ in service }
      _ = guards.serviceGuard(of: "s", by: "p")?.callGuard(of: "x")
      kept = guards
      #expect(kept != nil)
    }
    #expect(kept == nil)
  }

  @Test func `A rejected call gives back the place that it had`() throws {
    let guards = CallGuards()
    let service = policy {
      $0.breaker = .init()
      $0.bulkhead = .init()
      $0.bulkhead?.calls = 1
    }
    guards.set(preset: CallPolicy()) { _ in service }
    let callGuard = try #require(guards.serviceGuard(of: "s", by: "p")?.callGuard(of: "x"))
    callGuard.breaker?.open()
    for _ in 0..<3 {
      #expect(throws: CallGuard.Refusal.self) { try callGuard.enter(until: .never) }
    }
    #expect(callGuard.bulkhead?.figures.running == 0)
    callGuard.breaker?.close()
    let entry = try callGuard.enter(until: .never)
    #expect(callGuard.bulkhead?.figures.running == 1)
    callGuard.leave(entry, .success)
    #expect(callGuard.bulkhead?.figures.running == 0)
  }
}
