import EventBus
import HostSupport
import Testing

/// A handler that runs past its limit is reported while it runs, kept from further events, and tried again once it returned.
@Suite struct TimeoutTests {
  let fixture = Fixture()
  let owner = Owner(name: "plugin", generation: 1)

  @Test func `A sync handler's publisher stays blocked, and later publishers skip it`() throws {
    let release = Flag()
    let entered = Flag()
    let log = Log<Int>()
    let others = Log<Int>()
    let topic = try fixture.bus.topic("t")
    let subscription = try fixture.subscribe(owner, "t", name: "slow", timeout: 30) { seen in
      log.append(seen.number)
      if seen.number == 1 {
        entered.raise()
        release.wait()
      }
      return 0
    }
    try fixture.subscribe(owner, "t", name: "other") { seen in
      others.append(seen.number)
      return 0
    }
    let publisher = try Thread(name: "publisher") { [fixture] in fixture.publish(topic, 1) }
    #expect(entered.wait())
    #expect(eventually { fixture.late.all == ["slow"] })
    #expect(subscription.isSuspended)
    for number in 2...4 { fixture.publish(topic, number) }
    #expect(log.all == [1])
    #expect(others.all == [2, 3, 4])
    #expect(fixture.bus.deadLetters.all.map(\.cause) == [.suspended, .suspended, .suspended])
    release.raise()
    publisher.join()
    #expect(fixture.bus.deadLetters.all.map(\.cause).last == .timeout)
    fixture.publish(topic, 5)
    #expect(log.all == [1, 5])
    #expect(!subscription.isSuspended)
    #expect(fixture.bus.timedOut == 1)
    #expect(fixture.late.all == ["slow"])
  }

  @Test func `The call that proves it decides`() throws {
    let releases = [Flag(), Flag()]
    let topic = try fixture.bus.topic("t")
    let log = Log<Int>()
    let subscription = try fixture.subscribe(owner, "t", timeout: 20) { seen in
      log.append(seen.number)
      if seen.number < 2 { releases[seen.number].wait() }
      return 0
    }
    for number in 0...1 {
      let publisher = try Thread(name: "publisher") { [fixture] in
        fixture.publish(topic, number)
      }
      #expect(eventually { fixture.late.count == number + 1 })
      fixture.publish(topic, 100)
      releases[number].raise()
      publisher.join()
      #expect(subscription.isSuspended)
    }
    fixture.publish(topic, 3)
    #expect(!subscription.isSuspended)
    #expect(log.all == [0, 1, 3])
  }

  @Test func `An async handler's later events wait, and other queues go on`() throws {
    let release = Flag()
    let log = Log<Int>()
    let others = Log<Int>()
    let topic = try fixture.bus.topic("t")
    let queue = SubscriptionOptions.Delivery.async(capacity: 8, overflow: .fail)
    try fixture.subscribe(owner, "t", name: "slow", delivery: queue, timeout: 30) { seen in
      log.append(seen.number)
      if seen.number == 1 { release.wait() }
      return 0
    }
    try fixture.subscribe(owner, "t", name: "other", delivery: queue) { seen in
      others.append(seen.number)
      return 0
    }
    for number in 1...4 { fixture.publish(topic, number) }
    #expect(eventually { fixture.late.all == ["slow"] && others.all == [1, 2, 3, 4] })
    #expect(log.all == [1])
    release.raise()
    #expect(eventually { log.all == [1, 2, 3, 4] })
    #expect(fixture.bus.deadLetters.all.map(\.cause) == [.timeout])
  }

  @Test func `A late success does not count: the event is tried again`() throws {
    let release = Flag()
    let log = Log<Int>()
    let topic = try fixture.bus.topic("t")
    var retry = RetryPolicy()
    retry.attempts = 2
    retry.initial = 1
    let queue = SubscriptionOptions.Delivery.async(capacity: 8, overflow: .fail)
    try fixture.subscribe(owner, "t", delivery: queue, timeout: 20, retry: retry) { seen in
      log.append(seen.attempt)
      if seen.attempt == 1 { release.wait() }
      return 0
    }
    fixture.publish(topic, 1)
    #expect(eventually { fixture.late.count == 1 })
    #expect(log.all == [1])
    release.raise()
    #expect(eventually { log.all == [1, 2] })
    #expect(eventually { fixture.ledger.live == 0 })
    #expect(fixture.bus.deadLetters.all.isEmpty)
  }

  @Test func `Nobody is late who returns in time`() throws {
    let topic = try fixture.bus.topic("t")
    let subscription = try fixture.subscribe(owner, "t", timeout: 60_000) { _ in 0 }
    for number in 1...1000 { fixture.publish(topic, number) }
    #expect(fixture.bus.timedOut == 0)
    #expect(subscription.delivered == 1000)
  }
}
