import CHostSupport
import HostSupport
import Testing

@testable import EventBus

@Suite(.serialized) struct HandoverTests {
  let fixture = Fixture()
  let old = Owner(name: "plugin", generation: 1)
  let new = Owner(name: "plugin", generation: 2)

  private func recording(
    _ owner: Owner, _ name: String, delivery: SubscriptionOptions.Delivery = .sync,
    shadow: Bool = false, into log: Log<TestEvent.Seen>
  ) throws -> Subscription {
    try fixture.subscribe(owner, "t", name: name, delivery: delivery, shadow: shadow) { seen in
      log.append(seen)
      return 0
    }
  }

  static let queue = SubscriptionOptions.Delivery.async(
    capacity: 1000, overflow: .block(milliseconds: 20_000))

  @Test("events that queue behind a closed gate go to the successor, in order") func queued() throws
  {
    let topic = try fixture.bus.topic("t")
    let before = Log<TestEvent.Seen>()
    let after = Log<TestEvent.Seen>()
    let first = try recording(old, "s", delivery: Self.queue, into: before)
    let second = try recording(new, "s", delivery: Self.queue, shadow: true, into: after)
    fixture.publish(topic, 1)
    #expect(eventually { before.count == 1 })
    fixture.bus.closeGates(of: [old], callables: [])
    #expect(fixture.bus.drain(old, until: .after(milliseconds: 5000)) == 0)
    for number in 2...50 { fixture.publish(topic, number) }
    #expect(first.queued + 1 >= 49)
    let orphans = fixture.bus.handOver(from: old, to: new, recorder: nil, replaying: nil)
    #expect(orphans.isEmpty)
    fixture.publish(topic, 51)
    #expect(eventually { after.count == 50 })
    #expect(after.all.map(\.number) == Array(2...51))
    #expect(before.count == 1)
    #expect(second.delivered == 50)
    #expect(eventually { fixture.ledger.live == 0 })
  }

  @Test("a reload that is given up lets everybody in again") func reopened() throws {
    let topic = try fixture.bus.topic("t")
    let sync = Log<TestEvent.Seen>()
    let async = Log<TestEvent.Seen>()
    _ = try recording(old, "sync", into: sync)
    _ = try recording(old, "async", delivery: Self.queue, into: async)
    for round in 0..<50 {
      fixture.bus.closeGates(of: [old], callables: [])
      #expect(fixture.bus.drain(old, until: .after(milliseconds: 5000)) == 0)
      let fixture = fixture
      let publisher = try Thread(name: "publisher") { fixture.publish(topic, round) }
      #expect(sync.count == round)
      fixture.bus.openGates(of: [old], callables: [])
      publisher.join()
    }
    #expect(sync.all.map(\.number) == Array(0..<50))
    #expect(eventually { async.all.map(\.number) == Array(0..<50) })
  }

  @Test("a subscription made while the gate is closed waits like the others") func late() throws {
    let topic = try fixture.bus.topic("t")
    let log = Log<TestEvent.Seen>()
    fixture.bus.closeGates(of: [old], callables: [])
    _ = try recording(old, "late", into: log)
    let fixture = fixture
    let done = Flag()
    let publisher = try Thread(name: "publisher") {
      fixture.publish(topic, 1)
      done.raise()
    }
    #expect(!done.wait(seconds: 0))
    #expect(log.count == 0)
    fixture.bus.openGates(of: [old], callables: [])
    publisher.join()
    #expect(log.count == 1)
  }

  @Test("a thread inside the closure passes its gates") func passes() throws {
    let entered = Flag()
    let go = Flag()
    let log = Log<TestEvent.Seen>()
    let outcome = Log<CallFailure?>()
    let outer = try fixture.bus.topic("outer")
    let topic = try fixture.bus.topic("t")
    let dependent = Owner(name: "dependent", generation: 1)
    try fixture.subscribe(dependent, "outer") { [unowned fixture] _ in
      entered.raise()
      go.wait()
      outcome.append(fixture.publish(topic, 2))
      return 0
    }
    _ = try recording(old, "s", into: log)
    let fixture = fixture
    let publisher = try Thread(name: "publisher") { fixture.publish(outer, 1) }
    #expect(entered.wait())
    fixture.bus.closeGates(of: [old, dependent], callables: [])
    #expect(fixture.bus.drain(dependent, until: .after(milliseconds: 5)) == 1)
    go.raise()
    publisher.join()
    #expect(fixture.bus.drain(dependent, until: .after(milliseconds: 5000)) == 0)
    #expect(outcome.all == [nil])
    #expect(log.all.map(\.number) == [2])
    fixture.bus.openGates(of: [old, dependent], callables: [])
  }

  @Test("a publisher at the gate does not count as being inside") func waiting() throws {
    let topic = try fixture.bus.topic("t")
    let log = Log<TestEvent.Seen>()
    _ = try recording(old, "s", into: log)
    _ = try recording(new, "s", shadow: true, into: log)
    fixture.bus.closeGates(of: [old], callables: [])
    let fixture = fixture
    let publisher = try Thread(name: "publisher") { fixture.publish(topic, 1) }
    #expect(fixture.bus.drain(old, until: .after(milliseconds: 5000)) == 0)
    #expect(log.count == 0)
    _ = fixture.bus.handOver(from: old, to: new, recorder: nil, replaying: nil)
    publisher.join()
    #expect(log.count == 1)
  }

  @Test("past its patience a publish leaves the handler out and says so") func patience() async {
    await #expect(processExitsWith: .success) {
      let fixture = Fixture()
      let owner = Owner(name: "plugin", generation: 1)
      let other = Owner(name: "other", generation: 1)
      let log = Log<String>()
      let topic = try fixture.bus.topic("t")
      try fixture.subscribe(owner, "t", name: "gated", priority: 1) { _ in
        log.append("gated")
        return 0
      }
      try fixture.subscribe(other, "t", name: "open") { _ in
        log.append("open")
        return 0
      }
      hs_set_limits(32, 30_000_000)
      fixture.bus.closeGates(of: [owner], callables: [])
      let start = Deadline.now()
      #expect(fixture.publish(topic, 1) == .gateClosed)
      #expect(Deadline.now() - start >= 30_000_000)
      #expect(log.all == ["open"])
      fixture.bus.openGates(of: [owner], callables: [])
      #expect(fixture.publish(topic, 2) == nil)
      #expect(log.all == ["open", "gated", "open"])
    }
  }

  @Test("what no successor wants becomes dead letters") func orphans() throws {
    let topic = try fixture.bus.topic("t")
    let log = Log<TestEvent.Seen>()
    _ = try recording(old, "gone", delivery: Self.queue, into: log)
    _ = try recording(old, "kept", delivery: Self.queue, into: log)
    _ = try recording(new, "kept", delivery: Self.queue, shadow: true, into: log)
    fixture.bus.closeGates(of: [old], callables: [])
    for number in 1...20 { fixture.publish(topic, number) }
    let orphans = fixture.bus.handOver(from: old, to: new, recorder: nil, replaying: nil)
    #expect(orphans.map(\.subscription) == ["gone"])
    #expect(orphans.map(\.events) == [20])
    let letters = fixture.bus.deadLetters
    #expect(letters.all.allSatisfy { $0.cause == .unsubscribed && $0.subscription == "gone" })
    let numbers = letters.all.compactMap { letter in
      unsafe letters.withEvent(letter.id) { _, event in unsafe TestEvent.seen(event).number }
    }
    #expect(numbers == Array(1...20))
    #expect(eventually { log.count == 20 })
    #expect(fixture.ledger.live == 20)
    #expect(letters.drop { _ in true }.count == 20)
    #expect(eventually { fixture.ledger.live == 0 })
    #expect(fixture.bus.dropped == 0)
  }

  @Test(
    "a successor may be served otherwise than its predecessor",
    arguments: [(SubscriptionOptions.Delivery.sync, queue), (queue, .sync)])
  func delivery(before: SubscriptionOptions.Delivery, after: SubscriptionOptions.Delivery) throws {
    let topic = try fixture.bus.topic("t")
    let log = Log<TestEvent.Seen>()
    _ = try recording(old, "s", delivery: before, into: log)
    _ = try recording(new, "s", delivery: after, shadow: true, into: log)
    fixture.bus.closeGates(of: [old], callables: [])
    let fixture = fixture
    let publisher = try Thread(name: "publisher") {
      for number in 1...10 { fixture.publish(topic, number) }
    }
    let orphans = fixture.bus.handOver(from: old, to: new, recorder: nil, replaying: nil)
    publisher.join()
    #expect(orphans.isEmpty)
    #expect(eventually { log.count == 10 })
    #expect(log.all.map(\.number) == Array(1...10))
    #expect(eventually { fixture.ledger.live == 0 })
  }

  @Test(
    "a rollback delivers again what the new generation got, before anything else",
    arguments: [
      SubscriptionOptions.Delivery.sync, queue,
    ])
  func rollback(delivery: SubscriptionOptions.Delivery) throws {
    let topic = try fixture.bus.topic("t")
    let state = Log<TestEvent.Seen>()
    let trial = Log<TestEvent.Seen>()
    _ = try recording(old, "s", delivery: delivery, into: state)
    _ = try recording(new, "s", delivery: delivery, shadow: true, into: trial)
    fixture.publish(topic, 1)
    #expect(eventually { state.count == 1 })
    let log = ProbationLog(layout: TestEvent.layout, limit: 1 << 20) {}
    fixture.bus.closeGates(of: [old], callables: [])
    #expect(fixture.bus.drain(old, until: .after(milliseconds: 5000)) == 0)
    _ = fixture.bus.handOver(from: old, to: new, recorder: log, replaying: nil)
    for number in 2...9 { fixture.publish(topic, number) }
    #expect(eventually { trial.count == 8 })
    #expect(log.deliveries == 8)
    fixture.bus.closeGates(of: [new], callables: [])
    #expect(fixture.bus.drain(new, until: .after(milliseconds: 5000)) == 0)
    let fixture = fixture
    let publisher = try Thread(name: "publisher") {
      for number in 10...12 { fixture.publish(topic, number) }
    }
    _ = fixture.bus.handOver(from: new, to: old, recorder: nil, replaying: log)
    publisher.join()
    #expect(eventually { state.count == 12 })
    #expect(state.all.map(\.number) == Array(1...12))
    #expect(state.all.map(\.redelivered) == (1...12).map { (2...9).contains($0) })
    #expect(fixture.ledger.redelivered == 8)
    #expect(eventually { fixture.ledger.live == 0 })
  }

  @Test("a full probation log lets go of nothing it took, and says so once") func fullLog() throws {
    let topic = try fixture.bus.topic("t")
    let full = Count()
    let size = MemoryLayout<TestEvent>.size
    let seen = Log<TestEvent.Seen>()
    let log = ProbationLog(layout: TestEvent.layout, limit: 3 * size) { full.add() }
    _ = try recording(new, "s", shadow: true, into: seen)
    _ = fixture.bus.handOver(from: old, to: new, recorder: log, replaying: nil)
    for number in 1...10 { fixture.publish(topic, number) }
    #expect(seen.count == 10)
    #expect(full.value == 1)
    #expect(log.deliveries == 3)
    #expect(fixture.ledger.live == 3)
    log.close()
    #expect(fixture.ledger.live == 0)
  }
}
