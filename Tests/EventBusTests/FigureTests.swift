import Glibc
import HostSupport
import Synchronization
import Testing

@testable import EventBus

/// What is counted of topics and subscriptions, and how handlers are timed.
@Suite struct FigureTests {
  let fixture = Fixture()
  let owner = Owner(name: "plugin", generation: 1)

  private func retries(_ attempts: Int) -> RetryPolicy {
    var policy = RetryPolicy()
    policy.attempts = attempts
    policy.initial = 1
    policy.cap = 1
    return policy
  }

  @Test func `Deliveries follow the handlers that there were when an event was published`() throws {
    let topic = try fixture.bus.topic("t")
    fixture.publish(topic, 1)
    try fixture.subscribe(owner, "t") { _ in 0 }
    for number in 2...4 { fixture.publish(topic, number) }
    let second = try fixture.subscribe(owner, "*") { _ in 0 }
    for number in 5...6 { fixture.publish(topic, number) }
    _ = try fixture.bus.unsubscribe(second, until: .never)
    fixture.publish(topic, 7)
    #expect(topic.published == 7)
    #expect(topic.delivered == 3 + 2 * 2 + 1)
  }

  @Test func `What a publisher counted stays with the topic when the publisher is gone`() throws {
    let topic = try fixture.bus.topic("t")
    var tally: Tally? = topic.makeTally()
    for _ in 1...5 { tally?.count() }
    #expect(topic.published == 5)
    if let tally { topic.retire(tally) }
    tally = nil
    let other = topic.makeTally()
    other.count()
    #expect(topic.published == 6)
  }

  @Test func `Failures, retries and dead letters count for the topic and the subscription`() throws
  {
    let topic = try fixture.bus.topic("t")
    let one = try fixture.subscribe(owner, "t", name: "s", retry: retries(3)) { _ in 9 }
    for number in 1...4 { fixture.publish(topic, number) }
    #expect(eventually { topic.dead == 4 })
    #expect([topic.failed, topic.retried, topic.dropped] == [12, 8, 0])
    #expect([one.failed, one.retried, one.dead, one.deliveredInAll] == [12, 8, 4, 12])
  }

  @Test func `What a subscription leaves in its queue is dropped, for its own figures too`() throws
  {
    let topic = try fixture.bus.topic("t")
    let go = Flag()
    let begun = Log<String>()
    func blocked(_ name: String) throws -> Subscription {
      try fixture.subscribe(
        owner, "t", name: name, delivery: .async(capacity: 8, overflow: .fail)
      ) { _ in
        begun.append(name)
        go.wait()
        return 0
      }
    }
    let all = [try blocked("one"), try blocked("other")]
    for number in 1...4 { fixture.publish(topic, number) }
    #expect(eventually { begun.count == 2 && all.allSatisfy { $0.queued == 3 } })
    _ = try fixture.bus.unsubscribe(all[0], until: .after(milliseconds: 0))
    _ = fixture.bus.revoke(owner, until: .after(milliseconds: 0))
    go.raise()
    #expect(all.map(\.dropped) == [3, 3])
    #expect(topic.dropped == 6)
  }

  @Test func `A queue tells how many wait, the most that did, how long, and what it dropped`()
    throws
  {
    let topic = try fixture.bus.topic("t")
    let go = Flag()
    let one = try fixture.subscribe(
      owner, "t", delivery: .async(capacity: 3, overflow: .dropNewest)
    ) { _ in
      go.wait()
      return 0
    }
    #expect(one.queueStatus == QueueStatus(count: 0, highWater: 0, oldestAge: 0))
    fixture.publish(topic, 0)
    #expect(eventually { one.queueStatus?.count == 0 })
    for number in 1...5 { fixture.publish(topic, number) }
    #expect(one.queueStatus?.count == 3 && one.queueStatus?.highWater == 3)
    #expect(fixture.bus.waiting == ["t": 3])
    #expect([one.dropped, topic.dropped] == [2, 2])
    #expect(eventually { one.queueStatus.map { $0.oldestAge > 20_000_000 } == true })
    go.raise()
    #expect(eventually { one.queueStatus?.count == 0 })
    #expect(one.queueStatus?.highWater == 3 && one.queueStatus?.oldestAge == 0)
    #expect(fixture.bus.waiting.isEmpty)
  }

  @Test(arguments: [
    SubscriptionOptions.Delivery.sync, .async(capacity: 8, overflow: .block(milliseconds: 1000)),
  ])
  func `One call is timed for each time that it was asked for`(
    delivery: SubscriptionOptions.Delivery
  ) throws {
    let topic = try fixture.bus.topic("t")
    let calls = Atomic<Int>(0)
    let one = try fixture.subscribe(owner, "t", delivery: delivery) { seen in
      if seen.number == 5 { usleep(2_000) }
      calls.add(1, ordering: .relaxed)
      return 0
    }
    for number in 1...4 { fixture.publish(topic, number) }
    #expect(eventually { calls.load(ordering: .relaxed) == 4 })
    #expect(one.times.count == 0)
    fixture.bus.tick()
    for number in 5...9 { fixture.publish(topic, number) }
    #expect(eventually { calls.load(ordering: .relaxed) == 9 })
    #expect(eventually { one.times.count == 1 })
    #expect(one.times.most >= 2_000_000 && one.times.sum == one.times.most)
    #expect(one.times.quantile(0.5) == one.times.most)
    #expect(one.delivered == 9)
  }

  @Test func `Handlers are timed while others publish, and go, without harm`() throws {
    let topic = try fixture.bus.topic("t")
    let stop = Flag()
    let ended = Log<Int>()
    for publisher in 1...2 {
      try Thread(name: "publisher") { [fixture] in
        var number = 0
        while !stop.isRaised {
          number += 1
          fixture.publish(topic, number, publisher: publisher)
        }
        ended.append(publisher)
      }.detach()
    }
    var sampled: UInt64 = 0
    for _ in 1...200 {
      let one = try fixture.subscribe(owner, "t", name: "s") { _ in 0 }
      fixture.bus.tick()
      #expect(eventually { one.times.count > 0 })
      _ = try fixture.bus.unsubscribe(one, until: .never)
      sampled += one.times.count
    }
    stop.raise()
    #expect(eventually { ended.count == 2 })
    #expect(sampled >= 200)
  }

  @Test func `A queue lags before it loses anything, once until half of it is free again`() throws {
    let topic = try fixture.bus.topic("t")
    let gates = (1...3).map { _ in Flag() }
    let started = Log<Int>()
    let one = try fixture.subscribe(
      owner, "t", name: "s", delivery: .async(capacity: 8, overflow: .dropOldest)
    ) { seen in
      started.append(seen.number)
      if seen.number % 100 == 0 { gates[seen.number / 100].wait() }
      return 0
    }
    for round in 0..<2 {
      fixture.publish(topic, round * 100)
      #expect(eventually { started.all.last == round * 100 })
      for number in 1...5 { fixture.publish(topic, round * 100 + number) }
      #expect(fixture.lags.count == round)
      fixture.publish(topic, round * 100 + 6)
      #expect(fixture.lags.count == round + 1)
      #expect(one.dropped == UInt64(round) * 4)
      for number in 7...12 { fixture.publish(topic, round * 100 + number) }
      #expect(fixture.lags.count == round + 1)
      gates[round].raise()
      #expect(eventually { started.all.last == round * 100 + 12 })
    }
    #expect(fixture.lags.all == ["s 6/8 t", "s 6/8 t"])
    #expect(one.dropped == 8)
  }

  @Test(arguments: [(1, "s 1/1 t"), (2, "s 2/2 t"), (3, "s 3/3 t"), (4, "s 3/4 t")])
  func `The smallest queues tell too`(capacity: Int, expected: String) throws {
    let topic = try fixture.bus.topic("t")
    let go = Flag()
    let one = try fixture.subscribe(
      owner, "t", name: "s", delivery: .async(capacity: capacity, overflow: .dropNewest)
    ) { _ in
      go.wait()
      return 0
    }
    fixture.publish(topic, 0)
    #expect(eventually { one.queueStatus?.count == 0 })
    for number in 1...capacity { fixture.publish(topic, number) }
    #expect(fixture.lags.all.last == expected)
    #expect(one.dropped == 0)
    go.raise()
  }

  @Test func `A quantile is the bound of the bucket in which its share is reached`() {
    var buckets = [UInt64](repeating: 0, count: 40)
    buckets[4] = 90
    buckets[10] = 9
    buckets[20] = 1
    let sample = TimeSample(count: 100, sum: 1, most: 600_000, buckets: buckets)
    #expect([0.5, 0.9, 0.99, 1].map { sample.quantile($0) } == [16, 16, 1024, 600_000])
    #expect(TimeSample(count: 0, sum: 0, most: 0, buckets: []).quantile(0.5) == 0)
  }
}
