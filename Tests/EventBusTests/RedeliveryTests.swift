import EventBus
import HostSupport
import Synchronization
import Testing

/// A delivery that fails is tried again off the line, and in the end becomes a dead letter.
@Suite struct RedeliveryTests {
  static let deliveries: [SubscriptionOptions.Delivery] = [
    .sync, .async(capacity: 8, overflow: .fail),
  ]
  let fixture = Fixture()
  let owner = Owner(name: "plugin", generation: 1)

  private func quick(_ attempts: Int) -> RetryPolicy {
    var policy = RetryPolicy()
    policy.attempts = attempts
    policy.initial = 1
    policy.cap = 4
    return policy
  }

  @Test(arguments: deliveries)
  func `It is tried until it succeeds, with its attempt counted`(
    delivery: SubscriptionOptions.Delivery
  ) throws {
    let log = Log<TestEvent.Seen>()
    let topic = try fixture.bus.topic("t")
    try fixture.subscribe(owner, "t", delivery: delivery, retry: quick(5)) { seen in
      log.append(seen)
      return seen.attempt < 3 ? 9 : 0
    }
    #expect(fixture.publish(topic, 1) == nil)
    #expect(eventually { log.all.map(\.attempt) == [1, 2, 3] })
    #expect(log.all.allSatisfy { $0.number == 1 })
    #expect(eventually { fixture.ledger.live == 0 })
    #expect(fixture.bus.retried == 2)
    #expect(fixture.bus.deadLetters.all.isEmpty)
  }

  @Test(arguments: deliveries)
  func `Other events pass the one that waits`(delivery: SubscriptionOptions.Delivery) throws {
    let log = Log<Int>()
    let topic = try fixture.bus.topic("t")
    var slow = quick(2)
    slow.initial = 200
    slow.cap = 200
    try fixture.subscribe(owner, "t", delivery: delivery, retry: slow) { seen in
      log.append(seen.number)
      return seen.number == 1 && seen.attempt == 1 ? 9 : 0
    }
    for number in 1...4 { fixture.publish(topic, number) }
    #expect(eventually { log.all == [1, 2, 3, 4, 1] })
  }

  @Test func `In strict order later events wait for the one that failed`() throws {
    let log = Log<Int>()
    let topic = try fixture.bus.topic("t")
    try fixture.subscribe(
      owner, "t", delivery: .async(capacity: 8, overflow: .fail), retry: quick(4),
      strictOrder: true
    ) { seen in
      log.append(seen.number)
      return seen.number == 2 ? 9 : 0
    }
    for number in 1...4 { fixture.publish(topic, number) }
    #expect(eventually { log.all == [1, 2, 2, 2, 2, 3, 4] })
    #expect(fixture.bus.deadLetters.drop { _ in true }.map(\.attempts) == [4])
    #expect(eventually { fixture.ledger.live == 0 })
  }

  @Test(arguments: deliveries)
  func `One that never succeeds becomes a dead letter that says why`(
    delivery: SubscriptionOptions.Delivery
  ) throws {
    let topic = try fixture.bus.topic("t")
    try fixture.subscribe(owner, "t", name: "s", delivery: delivery, retry: quick(3)) { _ in 9 }
    fixture.publish(topic, 7)
    #expect(eventually { fixture.bus.deadLetters.all.count == 1 })
    let letter = try #require(fixture.bus.deadLetters.all.first)
    #expect(letter.cause == .failed)
    #expect(letter.attempts == 3)
    #expect(letter.error == "code 9")
    #expect((letter.topic, letter.plugin, letter.subscription) == ("t", "plugin", "s"))
    let number = unsafe fixture.bus.deadLetters.withEvent(letter.id) { _, event in
      unsafe TestEvent.seen(event).number
    }
    #expect(number == 7)
    #expect(fixture.bus.failed == 3)
    #expect(fixture.bus.deadLetters.drop { _ in true }.map(\.id) == [letter.id])
    #expect(eventually { fixture.ledger.live == 0 })
  }

  @Test(arguments: deliveries)
  func `A dead letter is delivered again, to the subscription that failed only`(
    delivery: SubscriptionOptions.Delivery
  ) throws {
    let healed = Flag()
    let log = Log<TestEvent.Seen>()
    let others = Log<Int>()
    let topic = try fixture.bus.topic("t")
    try fixture.subscribe(owner, "t", name: "s", delivery: delivery) { seen in
      guard healed.isRaised else { return 9 }
      log.append(seen)
      return 0
    }
    try fixture.subscribe(owner, ">", name: "other") { seen in
      others.append(seen.number)
      return 0
    }
    for number in 1...3 { fixture.publish(topic, number) }
    #expect(eventually { fixture.bus.deadLetters.all.count == 3 })
    healed.raise()
    let replay = fixture.bus.replayDeadLetters { $0.topic == "t" }
    #expect(replay.replayed.count == 3)
    #expect(replay.homeless.isEmpty)
    #expect(eventually { log.count == 3 })
    #expect(Set(log.all.map(\.number)) == [1, 2, 3])
    #expect(log.all.allSatisfy { $0.redelivered && $0.attempt == 1 })
    #expect(others.all == [1, 2, 3])
    #expect(eventually { fixture.ledger.live == 0 })
  }

  @Test func `A letter whose subscription is gone stays`() throws {
    let topic = try fixture.bus.topic("t")
    let subscription = try fixture.subscribe(owner, "t", name: "s") { _ in 9 }
    fixture.publish(topic, 1)
    _ = try fixture.bus.unsubscribe(subscription, until: .after(milliseconds: 1000))
    let replay = fixture.bus.replayDeadLetters { _ in true }
    #expect(replay.replayed.isEmpty)
    #expect(replay.homeless.count == 1)
    #expect(fixture.bus.deadLetters.all.count == 1)
  }

  @Test(arguments: deliveries)
  func `What waits for another attempt passes to the next generation`(
    delivery: SubscriptionOptions.Delivery
  ) throws {
    let next = Owner(name: "plugin", generation: 2)
    let log = Log<TestEvent.Seen>()
    let topic = try fixture.bus.topic("t")
    var policy = quick(2)
    policy.initial = 50
    policy.cap = 50
    try fixture.subscribe(owner, "t", name: "s", delivery: delivery, retry: policy) { _ in 9 }
    try fixture.subscribe(next, "t", name: "s", delivery: delivery, shadow: true) { seen in
      log.append(seen)
      return 0
    }
    fixture.publish(topic, 1)
    #expect(eventually { fixture.bus.retrying == 1 })
    fixture.bus.closeGates(of: [owner], callables: [])
    _ = fixture.bus.handOver(from: owner, to: next, recorder: nil, replaying: nil)
    #expect(eventually { log.all.map(\.attempt) == [2] })
    #expect(fixture.bus.deadLetters.all.isEmpty)
  }

  @Test func `An attempt that meets a hand-over to a queue is not counted anew`() throws {
    let fixture = Fixture(threads: 1)
    let next = Owner(name: "plugin", generation: 2)
    let log = Log<Int>()
    let topic = try fixture.bus.topic("t")
    try fixture.subscribe(owner, "t", name: "s", retry: quick(2)) { _ in 9 }
    try fixture.subscribe(
      next, "t", name: "s", delivery: .async(capacity: 8, overflow: .fail), retry: quick(2),
      shadow: true
    ) { seen in
      log.append(seen.attempt)
      return 9
    }
    let go = Flag()
    fixture.bus.workers.submit(job: {
      go.wait()
      return false
    })
    #expect(eventually { fixture.bus.workers.backlog == 0 })
    fixture.publish(topic, 1)
    #expect(eventually { fixture.bus.workers.backlog == 1 })
    fixture.bus.closeGates(of: [owner], callables: [])
    _ = fixture.bus.handOver(from: owner, to: next, recorder: nil, replaying: nil)
    go.raise()
    #expect(eventually { fixture.bus.deadLetters.all.map(\.attempts) == [2] })
    #expect(log.all == [2])
  }

  @Test func `A dead letter that is delivered again changes no other of the same event`() throws {
    let topic = try fixture.bus.topic("t")
    let next = Owner(name: "plugin", generation: 2)
    let names = ["a", "b"]
    for name in names {
      try fixture.subscribe(
        owner, "t", name: name, delivery: .async(capacity: 8, overflow: .fail)
      ) { _ in 0 }
    }
    fixture.bus.closeGates(of: [owner], callables: [])
    fixture.publish(topic, 1)
    _ = fixture.bus.handOver(from: owner, to: next, recorder: nil, replaying: nil)
    #expect(fixture.bus.deadLetters.all.map(\.subscription).sorted() == names)
    let log = Log<TestEvent.Seen>()
    try fixture.subscribe(next, "t", name: "a") { seen in
      log.append(seen)
      return 0
    }
    #expect(fixture.bus.replayDeadLetters { _ in true }.replayed.map(\.subscription) == ["a"])
    #expect(eventually { log.all.map(\.redelivered) == [true] })
    let left = fixture.bus.deadLetters.all.compactMap { letter in
      unsafe fixture.bus.deadLetters.withEvent(letter.id) { unsafe TestEvent.seen($1).redelivered }
    }
    #expect(left == [false])
  }

  @Test func `What waits for a subscription that ended becomes a dead letter`() throws {
    let topic = try fixture.bus.topic("t")
    var policy = quick(2)
    policy.initial = 500
    policy.cap = 500
    let subscription = try fixture.subscribe(owner, "t", name: "s", retry: policy) { _ in 9 }
    fixture.publish(topic, 1)
    _ = try fixture.bus.unsubscribe(subscription, until: .after(milliseconds: 1000))
    #expect(eventually { fixture.bus.deadLetters.all.map(\.cause) == [.unsubscribed] })
    #expect(fixture.bus.deadLetters.all.map(\.attempts) == [1])
  }

  @Test func `A failing handler of dead letters makes no further ones`() throws {
    try fixture.subscribe(owner, "dead.>", retry: quick(3)) { _ in 9 }
    fixture.publish(try fixture.bus.topic("dead.t"), 1)
    #expect(fixture.bus.failed == 1)
    #expect(fixture.bus.retrying == 0)
    #expect(fixture.bus.deadLetters.all.isEmpty)
  }

  @Test func `Only so many letters are kept`() throws {
    var bounds = DeadLetters.Bounds()
    bounds.count = 2
    let told = Log<UInt64>()
    let bus = unsafe EventBus(
      layout: TestEvent.layout, threads: 1, deadLetters: bounds,
      onDead: { _, letter, _ in told.append(letter.id) })
    let handler = unsafe Handler { _ in 9 }
    let options = SubscriptionOptions(pattern: try TopicPattern("t"))
    let subscription = try bus.subscribe(owner, options, handler: handler)
    let topic = try bus.topic("t")
    for number in 1...5 {
      var event = TestEvent(number: number, ledger: fixture.ledger)
      unsafe withUnsafeMutablePointer(to: &event) {
        _ = unsafe topic.publish(UnsafeMutableRawPointer($0))
      }
    }
    #expect(bus.deadLetters.all.map(\.id) == [4, 5])
    #expect(bus.deadLetters.displaced == 3)
    #expect(bus.deadLetters.total == 5)
    #expect(told.all == [1, 2, 3, 4, 5])
    #expect(fixture.ledger.live == 2)
    withExtendedLifetime(subscription) {}
  }
}

/// The pauses between attempts.
@Suite struct RetryPolicyTests {
  @Test func `A pause grows by its factor up to the cap`() {
    var policy = RetryPolicy()
    policy.initial = 10
    policy.multiplier = 3
    policy.cap = 200
    #expect((2...6).map { policy.pause(before: $0, random: 0.5) } == [10, 30, 90, 200, 200])
    #expect(policy.pause(before: 1_000_000, random: 0) == 200)
  }

  @Test func `Jitter moves a pause both ways by its share`() {
    var policy = RetryPolicy()
    policy.initial = 100
    policy.jitter = 0.2
    #expect([0, 0.5, 1].map { policy.pause(before: 2, random: $0) } == [80, 100, 120])
    policy.initial = 1
    policy.jitter = 1
    #expect(policy.pause(before: 2, random: 0) == 1)
  }
}
