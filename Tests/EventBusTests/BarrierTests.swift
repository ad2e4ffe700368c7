import HostSupport
import Synchronization
import Testing

@testable import EventBus

/// Promise 5: after unsubscribe returns `.ended`, no call of the handler happens or is happening.
@Suite(.serialized) struct BarrierTests {
  let fixture = Fixture()
  let owner = Owner(name: "plugin", generation: 1)

  /// What a handler may touch only while its subscription lives.
  final class Context: Sendable {
    let poisoned = Atomic<Bool>(false)
    let violations = Atomic<Int>(0)
    let calls = Atomic<Int>(0)

    func touch() -> Int32 {
      calls.add(1, ordering: .relaxed)
      for _ in 0..<3 where poisoned.load(ordering: .sequentiallyConsistent) {
        violations.add(1, ordering: .relaxed)
      }
      return 0
    }
  }

  @Test(
    "no call happens after unsubscribe, whatever other threads publish",
    arguments: [
      .sync, .async(capacity: 64, overflow: .dropOldest),
    ] as [SubscriptionOptions.Delivery])
  func stress(delivery: SubscriptionOptions.Delivery) throws {
    let topic = try fixture.bus.topic("t")
    let stop = Flag()
    let fixture = fixture
    let publishers = try (0..<2).map { publisher in
      try Thread(name: "publisher") {
        while !stop.isRaised { fixture.publish(topic, 1, publisher: publisher) }
      }
    }
    let violations = Log<Int>()
    let calls = Log<Int>()
    let changers = try (0..<2).map { changer in
      try Thread(name: "changer") { [owner] in
        for round in 0..<1500 {
          let context = Context()
          let subscription = try? fixture.subscribe(
            owner, round % 2 == 0 ? "t" : "*", name: "s\(changer)", delivery: delivery
          ) { _ in context.touch() }
          guard let subscription else { return violations.append(-1) }
          if round % 3 == 0 {
            _ = eventually(seconds: 1) { context.calls.load(ordering: .relaxed) > 0 }
          }
          let ending = try? fixture.bus.unsubscribe(
            subscription, until: .after(milliseconds: 20_000))
          context.poisoned.store(true, ordering: .sequentiallyConsistent)
          if ending != .ended { violations.append(-2) }
          if round % 64 == 0 { fixture.bus.tick() }
          violations.append(context.violations.load(ordering: .relaxed))
          calls.append(context.calls.load(ordering: .relaxed))
        }
      }
    }
    for changer in changers { changer.join() }
    stop.raise()
    for publisher in publishers { publisher.join() }
    #expect(violations.count == 3000)
    #expect(violations.all.allSatisfy { $0 == 0 })
    #expect(calls.all.reduce(0, +) > 0)
    #expect(
      eventually {
        fixture.bus.tick()
        return fixture.ledger.live == 0
      })
  }

  @Test("a handler that unsubscribes itself is told when its last call has returned")
  func ownHandler() throws {
    let topic = try fixture.bus.topic("t")
    let own = Log<Subscription>()
    let log = Log<String>()
    let bus = fixture.bus
    own.append(
      try fixture.subscribe(owner, "t") { _ in
        for subscription in own.all {
          let ending = try? bus.unsubscribe(subscription, until: .never) { log.append("done") }
          log.append(ending == .pending ? "pending" : "not pending")
        }
        bus.tick()
        log.append("after tick")
        return 0
      })
    fixture.publish(topic, 1)
    #expect(log.all == ["pending", "after tick"])
    bus.tick()
    bus.tick()
    #expect(log.all == ["pending", "after tick", "done"])
    fixture.publish(topic, 2)
    #expect(log.count == 3)
  }

  @Test("two handlers that unsubscribe each other do not wait for ever") func eachOther() throws {
    for _ in 0..<50 {
      let topics = [try fixture.bus.topic("x"), try fixture.bus.topic("y")]
      let subscriptions = Log<Subscription>()
      let endings = Log<Callable.Ending?>()
      let inside = Monitor(0)
      let bus = fixture.bus
      for index in 0..<2 {
        subscriptions.append(
          try fixture.subscribe(owner, topics[index].name) { _ in
            inside.update { $0 += 1 }
            _ = inside.wait(until: .after(milliseconds: 5000)) { $0 == 2 ? true : nil }
            endings.append(try? bus.unsubscribe(subscriptions.all[1 - index], until: .never))
            return 0
          })
      }
      let fixture = fixture
      let threads = try topics.map { topic in
        try Thread(name: "publisher") { fixture.publish(topic, 1) }
      }
      for thread in threads { thread.join() }
      #expect(endings.count == 2)
      #expect(endings.all.contains(.pending))
      #expect(bus.subscriptions.isEmpty)
    }
  }

  @Test("a handler that blocks does not stop others from unsubscribing") func blocked() throws {
    let topic = try fixture.bus.topic("t")
    let entered = Flag()
    let release = Flag()
    let done = Flag()
    let blocking = try fixture.subscribe(owner, "t", name: "blocks") { _ in
      entered.raise()
      release.wait()
      return 5
    }
    let other = try fixture.subscribe(owner, "t", name: "other", priority: 1) { _ in 0 }
    let fixture = fixture
    let publisher = try Thread(name: "publisher") { fixture.publish(topic, 1) }
    #expect(entered.wait())
    #expect(try fixture.bus.unsubscribe(other, until: .after(milliseconds: 5000)) == .ended)
    #expect(
      try fixture.bus.unsubscribe(blocking, until: .after(milliseconds: 5)) { done.raise() }
        == .pending)
    fixture.bus.tick()
    #expect(!done.isRaised)
    #expect(fixture.publish(topic, 2) == nil)
    release.raise()
    publisher.join()
    fixture.bus.tick()
    #expect(done.isRaised)
    #expect(fixture.failed == [Fixture.Failure("blocks", 1, code: 5)])
  }

  @Test("a failure is reported for a subscription that everybody else has let go of")
  func lateFailure() throws {
    let topic = try fixture.bus.topic("t")
    let entered = Flag()
    let release = Flag()
    let fixture = fixture
    do {
      let subscription = try fixture.subscribe(owner, "t", name: "late") { _ in
        entered.raise()
        release.wait()
        return 9
      }
      let publisher = try Thread(name: "publisher") { fixture.publish(topic, 1) }
      defer { publisher.detach() }
      #expect(entered.wait())
      #expect(try fixture.bus.unsubscribe(subscription, until: .after(milliseconds: 1)) == .pending)
    }
    for _ in 0..<5 { fixture.bus.tick() }
    release.raise()
    #expect(eventually { fixture.failed == [Fixture.Failure("late", 1, code: 9)] })
  }

  @Test("revoking an owner ends all it has and nothing else") func revoke() throws {
    let topic = try fixture.bus.topic("t")
    let log = Log<String>()
    let other = Owner(name: "other", generation: 1)
    for name in ["a", "b", "c"] {
      try fixture.subscribe(owner, "t", name: name) { _ in
        log.append(name)
        return 0
      }
    }
    try fixture.subscribe(owner, "t", name: "shadow", shadow: true) { _ in 0 }
    try fixture.subscribe(other, "t", name: "x") { _ in
      log.append("x")
      return 0
    }
    #expect(fixture.bus.revoke(owner, until: .after(milliseconds: 1000)) == 0)
    fixture.publish(topic, 1)
    #expect(log.all == ["x"])
    #expect(fixture.bus.subscriptions.map(\.name) == ["x"])
  }

  @Test("memory that publishers might read is freed once they have moved on") func reclaim() throws
  {
    let topic = try fixture.bus.topic("t")
    weak var watched: Log<Int>?
    do {
      let token = Log<Int>()
      watched = token
      let subscription = try fixture.subscribe(owner, "t") { _ in
        token.append(1)
        return 0
      }
      fixture.publish(topic, 1)
      #expect(token.count == 1)
      _ = try fixture.bus.unsubscribe(subscription, until: .never)
    }
    #expect(
      eventually {
        fixture.bus.tick()
        return watched == nil
      })
  }
}
