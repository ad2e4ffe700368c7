import HostSupport
import Synchronization
import Testing

@testable import EventBus

@Suite(.serialized) struct AsyncDeliveryTests {
  let fixture = Fixture()
  let owner = Owner(name: "plugin", generation: 1)

  /// Subscribes a handler that waits for `release` at its first event.
  private func holding(
    capacity: Int, _ overflow: SubscriptionOptions.Overflow, entered: Flag, release: Flag,
    log: Log<Int>
  ) throws -> Subscription {
    try fixture.subscribe(
      owner, "t", name: "held", delivery: .async(capacity: capacity, overflow: overflow)
    ) { seen in
      log.append(seen.number)
      entered.raise()
      release.wait()
      return 0
    }
  }

  @Test("a queue keeps the order, and one copy serves all queues") func order() throws {
    let topic = try fixture.bus.topic("t")
    let logs = (0..<3).map { _ in Log<Int>() }
    for (index, log) in logs.enumerated() {
      try fixture.subscribe(
        owner, "t", name: "s\(index)",
        delivery: .async(capacity: 100, overflow: .block(milliseconds: 20_000))
      ) { seen in
        log.append(seen.number)
        return 0
      }
    }
    for number in 1...5000 { #expect(fixture.publish(topic, number) == nil) }
    #expect(eventually { logs.allSatisfy { $0.count == 5000 } })
    for log in logs { #expect(log.all == Array(1...5000)) }
    #expect(fixture.ledger.copies == 5000)
    #expect(eventually { fixture.ledger.live == 0 })
    #expect(topic.sequence == 5000)
    #expect(fixture.bus.dropped == 0)
  }

  @Test(
    "a full queue does what its policy says",
    arguments: [
      (.dropOldest, nil, [1, 4, 5]),
      (.dropNewest, nil, [1, 2, 3]),
      (.fail, .queueFull, [1, 2, 3]),
      (.block(milliseconds: 5), .queueFull, [1, 2, 3]),
    ] as [(SubscriptionOptions.Overflow, CallFailure?, [Int])])
  func overflow(
    policy: SubscriptionOptions.Overflow, outcome: CallFailure?, served: [Int]
  ) throws {
    let topic = try fixture.bus.topic("t")
    let entered = Flag()
    let release = Flag()
    let log = Log<Int>()
    let subscription = try holding(
      capacity: 2, policy, entered: entered, release: release, log: log)
    #expect(fixture.publish(topic, 1) == nil)
    #expect(entered.wait())
    #expect(fixture.publish(topic, 2) == nil)
    #expect(fixture.publish(topic, 3) == nil)
    #expect(subscription.queued == 2)
    #expect(fixture.publish(topic, 4) == outcome)
    #expect(fixture.publish(topic, 5) == outcome)
    #expect(fixture.bus.dropped == 2)
    release.raise()
    #expect(eventually { log.all == served })
    #expect(eventually { fixture.ledger.live == 0 })
  }

  @Test("nothing stays behind, in bursts or singly, in a queue that is full or just went empty")
  func bursts() throws {
    let topic = try fixture.bus.topic("t")
    let seen = Count()
    let wrong = Log<Int>()
    try fixture.subscribe(
      owner, "t", delivery: .async(capacity: 64, overflow: .block(milliseconds: 60_000))
    ) { event in
      if seen.add() != event.number { wrong.append(event.number) }
      return 0
    }
    var dice = Dice(seed: 1)
    var sent = 0
    for _ in 0..<2_000 {
      for _ in 0..<Int(dice.next() % 4 == 0 ? dice.next() % 300 : dice.next() % 3) {
        sent += 1
        #expect(fixture.publish(topic, sent) == nil)
      }
      guard dice.next() % 2 == 0 else { continue }
      try #require(eventually { seen.value == sent })
    }
    #expect(eventually { seen.value == sent })
    #expect(wrong.all.prefix(5) == [])
    #expect(fixture.bus.dropped == 0)
    #expect(eventually { fixture.ledger.live == 0 })
  }

  @Test("which events a full queue drops does not depend on how far its worker has come")
  func oldest() throws {
    let topic = try fixture.bus.topic("t")
    let log = Log<Int>()
    let subscription = try fixture.subscribe(
      owner, "t", delivery: .async(capacity: 16, overflow: .dropOldest)
    ) { event in
      log.append(event.number)
      return 0
    }
    for number in 1...20_000 { #expect(fixture.publish(topic, number) == nil) }
    #expect(eventually { log.count + Int(subscription.dropped) == 20_000 })
    #expect(log.all.last == 20_000)
    #expect(zip(log.all, log.all.dropFirst()).allSatisfy { $0 < $1 })
    #expect(subscription.queueStatus?.highWater ?? 0 <= 16)
    #expect(eventually { fixture.ledger.live == 0 })
  }

  @Test("a publisher that waits gets in when there is room") func waits() throws {
    let topic = try fixture.bus.topic("t")
    let entered = Flag()
    let release = Flag()
    let log = Log<Int>()
    let subscription = try holding(
      capacity: 1, .block(milliseconds: 20_000), entered: entered, release: release, log: log)
    fixture.publish(topic, 1)
    #expect(entered.wait())
    fixture.publish(topic, 2)
    let outcome = Log<CallFailure?>()
    let fixture = fixture
    let publisher = try Thread(name: "publisher") { outcome.append(fixture.publish(topic, 3)) }
    #expect(subscription.queued == 1)
    release.raise()
    publisher.join()
    #expect(outcome.all == [nil])
    #expect(eventually { log.all == [1, 2, 3] })
  }

  @Test("a handler that publishes into its own full queue is refused at once") func own() throws {
    let topic = try fixture.bus.topic("t")
    let outcomes = Log<CallFailure?>()
    try fixture.subscribe(
      owner, "t", delivery: .async(capacity: 1, overflow: .block(milliseconds: 600_000))
    ) { [unowned fixture] seen in
      guard seen.number == 1 else { return 0 }
      outcomes.append(fixture.publish(topic, 2))
      outcomes.append(fixture.publish(topic, 3))
      return 0
    }
    fixture.publish(topic, 1)
    #expect(eventually { outcomes.all == [nil, .queueFull] })
    #expect(eventually { fixture.ledger.live == 0 })
  }

  @Test("two handlers that fill each other's queues do not wait for ever") func cycle() throws {
    let topics = [try fixture.bus.topic("x"), try fixture.bus.topic("y")]
    let outcomes = Log<CallFailure?>()
    let inside = Monitor(0)
    for index in 0..<2 {
      try fixture.subscribe(
        owner, topics[index].name,
        delivery: .async(capacity: 1, overflow: .block(milliseconds: 600_000))
      ) { [unowned fixture] seen in
        guard seen.number == 1 else { return 0 }
        inside.update { $0 += 1 }
        _ = inside.wait(until: .after(milliseconds: 20_000)) { $0 == 2 ? true : nil }
        outcomes.append(fixture.publish(topics[1 - index], 2))
        outcomes.append(fixture.publish(topics[1 - index], 3))
        return 0
      }
    }
    for topic in topics { fixture.publish(topic, 1) }
    #expect(eventually { outcomes.count == 4 })
    #expect(outcomes.all.contains(.queueFull))
    #expect(eventually { fixture.ledger.live == 0 })
  }

  @Test("what is queued when a subscription ends is dropped and counted") func ends() throws {
    let topic = try fixture.bus.topic("t")
    let entered = Flag()
    let release = Flag()
    let log = Log<Int>()
    let subscription = try holding(
      capacity: 10, .fail, entered: entered, release: release, log: log)
    fixture.publish(topic, 1)
    #expect(entered.wait())
    for number in 2...5 { fixture.publish(topic, number) }
    #expect(
      try fixture.bus.unsubscribe(subscription, until: .after(milliseconds: 1)) == .pending)
    #expect(fixture.ledger.live == 1)
    #expect(fixture.bus.dropped == 4)
    fixture.publish(topic, 6)
    release.raise()
    #expect(eventually { fixture.ledger.live == 0 })
    #expect(log.all == [1])
  }

  @Test("handlers that block do not starve others") func growth() throws {
    let release = Flag()
    let served = Flag()
    let counted = Count()
    for index in 0..<6 {
      try fixture.subscribe(
        owner, "slow", name: "slow\(index)", delivery: .async(capacity: 1, overflow: .fail)
      ) { _ in
        counted.add()
        release.wait()
        return 0
      }
    }
    try fixture.subscribe(owner, "fast", delivery: .async(capacity: 1, overflow: .fail)) { _ in
      served.raise()
      return 0
    }
    fixture.publish(try fixture.bus.topic("slow"), 1)
    fixture.publish(try fixture.bus.topic("fast"), 1)
    #expect(
      eventually {
        fixture.bus.tick()
        return served.isRaised && counted.value == 6
      })
    #expect(fixture.bus.workers.backlog == 0)
    release.raise()
    #expect(eventually { fixture.ledger.live == 0 })
  }

  @Test("a bus stops as soon as its threads are idle") func stops() throws {
    let topic = try fixture.bus.topic("t")
    let log = Log<Int>()
    try fixture.subscribe(owner, "t", delivery: .async(capacity: 10, overflow: .fail)) { seen in
      log.append(seen.number)
      return 0
    }
    fixture.publish(topic, 1)
    #expect(eventually { log.count == 1 })
    let start = Deadline.now()
    fixture.bus.stop()
    #expect(Deadline.now() - start < 900_000_000)
  }

  @Test("a failed async delivery is reported, and the next one is made") func failure() throws {
    let topic = try fixture.bus.topic("t")
    try fixture.subscribe(
      owner, "t", name: "bad", delivery: .async(capacity: 10, overflow: .fail)
    ) { seen in seen.number == 2 ? 0 : seen.number == 3 ? -4 : 7 }
    for number in 1...4 { fixture.publish(topic, number) }
    #expect(
      eventually {
        fixture.failed == [
          Fixture.Failure("bad", 1, code: 7), Fixture.Failure("bad", 3, code: 1),
          Fixture.Failure("bad", 4, code: 7),
        ]
      })
    #expect(eventually { fixture.bus.deadLetters.total == 3 })
    #expect(fixture.bus.deadLetters.drop { _ in true }.map(\.attempts) == [1, 1, 1])
    #expect(eventually { fixture.ledger.live == 0 })
  }
}

/// A number that threads add to.
final class Count: Sendable {
  private let number = Atomic<Int>(0)

  var value: Int { number.load(ordering: .sequentiallyConsistent) }

  @discardableResult
  func add() -> Int { number.add(1, ordering: .sequentiallyConsistent).newValue }
}
