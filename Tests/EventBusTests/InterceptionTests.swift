import CHostSupport
import HostSupport
import Testing

@testable import EventBus

@Suite(.serialized) struct InterceptionTests {
  let fixture = Fixture()
  let old = Owner(name: "guard", generation: 1)
  let new = Owner(name: "guard", generation: 2)
  let reader = Owner(name: "reader", generation: 1)
  let seen = Log<TestEvent.Seen>()

  /// What an interceptor's context points at: it notes whom it saw and says what a test wants.
  final class Sentry: Sendable {
    enum Answer: Sendable { case pass, amend, answer, refuse }
    let answer: Answer
    let log = Log<TestEvent.Seen>()
    let entered = Flag()
    let release: Flag?

    init(_ answer: Answer, release: Flag? = nil) {
      self.answer = answer
      self.release = release
    }
  }

  private func put(
    _ owner: Owner, _ pattern: String, _ sentry: Sentry, name: String? = nil, priority: Int32 = 0,
    shadow: Bool = false
  ) throws -> Interceptor {
    let layout = fixture.bus.layout
    return unsafe try fixture.bus.intercept(
      owner,
      InterceptorOptions(
        pattern: try TopicPattern(pattern), name: name, priority: priority, stages: .all),
      shadow: shadow, context: unsafe Unmanaged.passUnretained(sentry).toOpaque(), keepAlive: sentry
    ) { _, callable, event in
      let result = unsafe callable.call(patience: 20_000_000_000, event) { event in
        guard let user = unsafe hs_entry_user(hs_present_entry()) else { return 99 }
        let sentry = unsafe Unmanaged<Sentry>.fromOpaque(user).takeUnretainedValue()
        unsafe sentry.log.append(TestEvent.seen(event))
        sentry.entered.raise()
        sentry.release?.wait()
        switch sentry.answer {
        case .pass: return 0
        case .amend: return 1
        case .answer: return 2
        case .refuse: return 3
        }
      }
      switch result.code {
      case 1:
        guard let copy = unsafe layout.copy(event) else { return .refused }
        unsafe layout.setAttempt(copy, UInt32(TestEvent.seen(event).attempt + 10))
        return unsafe .amended(copy)
      case 2: return .answered
      case 3: return .refused
      default: return .pass
      }
    }
  }

  private func read(_ pattern: String, queued: Bool = false) throws {
    let seen = seen
    try fixture.subscribe(
      reader, pattern, delivery: queued ? .async(capacity: 64, overflow: .fail) : .sync
    ) {
      seen.append($0)
      return 0
    }
  }

  @Test(
    "interceptors see events before handlers, the higher priority first, and pass on what they amended"
  )
  func amended() throws {
    let (first, last) = (Sentry(.amend), Sentry(.amend))
    _ = try put(old, "a.*", last, name: "last")
    _ = try put(old, ">", first, name: "first", priority: 5)
    try read("a.b")
    #expect(fixture.publish(try fixture.bus.topic("a.b"), 7) == nil)
    #expect(first.log.all.map(\.attempt) == [1])
    #expect(last.log.all.map(\.attempt) == [11])
    #expect(seen.all.map(\.attempt) == [21])
    #expect(seen.all.map(\.number) == [7])
    #expect(fixture.ledger.live == 0)
  }

  @Test("a refused event reaches nobody and fails its publish; one that is answered succeeds")
  func refused() throws {
    try read("a.>")
    let later = Sentry(.pass)
    _ = try put(old, "a.refused", Sentry(.refuse))
    _ = try put(old, "a.answered", Sentry(.answer))
    _ = try put(old, "a.*", later, priority: -1)
    #expect(fixture.publish(try fixture.bus.topic("a.refused"), 1) == .refused)
    #expect(fixture.publish(try fixture.bus.topic("a.answered"), 2) == nil)
    #expect(seen.all.isEmpty && later.log.all.isEmpty)
    #expect(fixture.publish(try fixture.bus.topic("a.other"), 3) == nil)
    #expect(seen.all.map(\.number) == [3])
  }

  @Test(
    "promise 5: a released interceptor is called no more, and its call in progress is waited for")
  func released() throws {
    let gate = Flag()
    let sentry = Sentry(.pass, release: gate)
    let interceptor = try put(old, "a", sentry)
    let topic = try fixture.bus.topic("a")
    try Thread(name: "publisher") { [fixture] in fixture.publish(topic, 1) }.detach()
    #expect(sentry.entered.wait())
    let ended = Flag()
    #expect(
      try fixture.bus.release(interceptor, until: .after(milliseconds: 20)) { ended.raise() }
        == .pending)
    #expect(fixture.publish(topic, 2) == nil)
    fixture.bus.tick()
    #expect(!ended.isRaised)
    gate.raise()
    #expect(
      eventually {
        fixture.bus.tick()
        return ended.isRaised
      })
    #expect(sentry.log.all.map(\.number) == [1])
    #expect(throws: BusError.gone) {
      try fixture.bus.release(interceptor, until: .after(milliseconds: 1))
    }
  }

  @Test("events that queues receive are numbered without gaps, whoever stands before them")
  func numbered() throws {
    try read("a", queued: true)
    let topic = try fixture.bus.topic("a")
    fixture.publish(topic, 1)
    let interceptor = try put(old, "a", Sentry(.pass))
    fixture.publish(topic, 2)
    let refusing = try put(old, "a", Sentry(.refuse))
    fixture.publish(topic, 3)
    _ = try fixture.bus.release(refusing, until: .after(milliseconds: 1000))
    fixture.publish(topic, 4)
    _ = try fixture.bus.release(interceptor, until: .after(milliseconds: 1000))
    fixture.publish(topic, 5)
    #expect(eventually { seen.count == 4 })
    #expect(seen.all.map(\.number) == [1, 2, 4, 5])
    #expect(seen.all.map(\.sequence) == [1, 2, 3, 4])
  }

  @Test(
    "promise 6: a reload hands interceptors over by name, and publishers wait for the successor")
  func handedOver() throws {
    let (before, after) = (Sentry(.pass), Sentry(.refuse))
    _ = try put(old, "a", before, name: "g")
    _ = try put(new, "a", after, name: "g", shadow: true)
    let topic = try fixture.bus.topic("a")
    #expect(fixture.publish(topic, 1) == nil)
    fixture.bus.closeGates(of: [old], callables: fixture.bus.interceptorCallables(of: old))
    let outcome = Log<CallFailure?>()
    try Thread(name: "publisher") { [fixture] in outcome.append(fixture.publish(topic, 2)) }
      .detach()
    #expect(fixture.bus.drain(old, until: .after(milliseconds: 1000)) == 0)
    _ = fixture.bus.handOver(from: old, to: new, recorder: nil, replaying: nil)
    #expect(eventually { outcome.count == 1 })
    #expect(outcome.all == [.refused])
    #expect(before.log.all.map(\.number) == [1])
    #expect(after.log.all.map(\.number) == [2])
    // And back.
    fixture.bus.closeGates(of: [new], callables: fixture.bus.interceptorCallables(of: new))
    _ = fixture.bus.handOver(from: new, to: old, recorder: nil, replaying: nil)
    #expect(fixture.publish(topic, 3) == nil)
    #expect(before.log.all.map(\.number) == [1, 3])
    #expect(fixture.bus.revoke(new, until: .after(milliseconds: 1000)) == 0)
    #expect(fixture.bus.revoke(old, until: .after(milliseconds: 1000)) == 0)
    #expect(fixture.bus.interceptors.isEmpty)
  }

  @Test("an owner has at most 64 interceptors, and one of a name")
  func bounded() throws {
    for _ in 0..<EventBus.mostInterceptors { _ = try put(old, "a", Sentry(.pass)) }
    #expect(throws: BusError.self) { try put(old, "a", Sentry(.pass)) }
    _ = try put(new, "a", Sentry(.pass), name: "x")
    #expect(throws: BusError.nameTaken("x")) { try put(new, "a", Sentry(.pass), name: "x") }
  }
}
