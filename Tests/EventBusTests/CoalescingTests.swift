import HostSupport
import Testing

@testable import EventBus

@Suite struct CoalescingTests {
  let fixture = Fixture()
  let owner = Owner(name: "plugin", generation: 1)
  let entered = Flag()
  let release = Flag()
  let log = Log<Int>()

  /// Subscribes a handler that waits at its first event.
  private func subscribe(
    capacity: Int = 100, key: EventField = .partitionKey, lanes: Int = 1
  ) throws -> Subscription {
    let (log, entered, release) = (log, entered, release)
    return try fixture.subscribe(
      owner, "t", name: "latest", delivery: .async(capacity: capacity, overflow: .coalesce),
      key: key, lanes: lanes
    ) { seen in
      log.append(seen.number)
      entered.raise()
      release.wait()
      return 0
    }
  }

  @Test("a queued event gives way to a newer one of its key, which comes last")
  func coalesces() throws {
    let topic = try fixture.bus.topic("t")
    let subscription = try subscribe()
    fixture.publish(topic, 1, key: "a")
    #expect(entered.wait())
    let keys: [StaticString] = ["a", "b", "", "a", "b", "c", "", "a"]
    for (index, key) in keys.enumerated() {
      #expect(fixture.publish(topic, index + 2, key: key) == nil)
    }
    #expect(subscription.queued == 5)
    #expect(subscription.coalesced == 3)
    #expect(fixture.bus.coalescedByOwner == ["plugin": 3])
    release.raise()
    #expect(eventually { log.all == [1, 4, 6, 7, 8, 9] })
    #expect(fixture.bus.dropped == 0)
    #expect(eventually { fixture.ledger.live == 0 })
  }

  @Test("a key may be a place in the data: a text and a number differ") func data() throws {
    let topic = try fixture.bus.topic("t")
    _ = try subscribe(key: try EventField("data:/id"))
    fixture.publish(topic, 1)
    #expect(entered.wait())
    let data: [StaticString] = [#"{"id":1}"#, #"{"id":"1"}"#, #"{"id": 1}"#, "no JSON", "{}"]
    for (index, json) in data.enumerated() { fixture.publish(topic, index + 2, json: json) }
    release.raise()
    #expect(eventually { log.all == [1, 3, 4, 5, 6] })
    #expect(eventually { fixture.ledger.live == 0 })
  }

  @Test("a full queue drops the oldest, once nothing of the key waits") func full() throws {
    let topic = try fixture.bus.topic("t")
    let subscription = try subscribe(capacity: 2)
    fixture.publish(topic, 1, key: "a")
    #expect(entered.wait())
    fixture.publish(topic, 2, key: "a")
    fixture.publish(topic, 3, key: "b")
    fixture.publish(topic, 4, key: "a")
    #expect(subscription.dropped == 0)
    fixture.publish(topic, 5, key: "c")
    #expect(subscription.dropped == 1)
    #expect(subscription.coalesced == 1)
    release.raise()
    #expect(eventually { log.all == [1, 4, 5] })
    #expect(eventually { fixture.ledger.live == 0 })
  }

  @Test("what was queued plainly is lined up by key when a reload asks for that, and back")
  func reload() throws {
    let topic = try fixture.bus.topic("t")
    let old = Owner(name: "plugin", generation: 2)
    let (entered, release, log) = (entered, release, log)
    try fixture.subscribe(old, "t", name: "s", delivery: .async(capacity: 9, overflow: .fail)) {
      log.append($0.number)
      entered.raise()
      release.wait()
      return 0
    }
    fixture.publish(topic, 1, key: "a")
    #expect(entered.wait())
    for number in 2...5 { fixture.publish(topic, number, key: number == 3 ? "b" : "a") }
    fixture.bus.closeGates(of: [old], callables: [])
    release.raise()
    let deliveries: [SubscriptionOptions.Delivery] = [
      .async(capacity: 9, overflow: .coalesce), .async(capacity: 9, overflow: .fail),
    ]
    #expect(fixture.bus.drain(old, until: .after(milliseconds: 20_000)) == 0)
    var last = old
    for (index, delivery) in deliveries.enumerated() {
      let next = Owner(name: "plugin", generation: 3 + UInt32(index))
      let kept = try fixture.subscribe(next, "t", name: "s", delivery: delivery, shadow: true) {
        log.append($0.number)
        return 0
      }
      if index > 0 { fixture.bus.closeGates(of: [last], callables: []) }
      _ = fixture.bus.handOver(from: last, to: next, recorder: nil, replaying: nil)
      #expect(eventually { kept.queued == 0 })
      fixture.publish(topic, 10 + index, key: "a")
      last = next
    }
    #expect(eventually { log.all == [1, 2, 3, 4, 5, 10, 11] })
    #expect(fixture.bus.dropped == 0)
    #expect(eventually { fixture.ledger.live == 0 })
  }
}
