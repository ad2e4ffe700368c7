import HostSupport
import Synchronization
import Testing

@testable import EventBus

@Suite(.serialized) struct LaneTests {
  let fixture = Fixture(threads: 4)
  let owner = Owner(name: "plugin", generation: 1)

  private static let keys: [StaticString] = ["a", "b", "c", "d", "e", "f", "g", ""]

  /// How many calls run at once, and the most that ever did.
  private final class Crowd: Sendable {
    private let state = Mutex((now: 0, most: 0))

    var most: Int { state.withLock { $0.most } }

    func with(_ body: () -> Void) {
      state.withLock { state in
        state.now += 1
        state.most = max(state.most, state.now)
      }
      body()
      state.withLock { $0.now -= 1 }
    }
  }

  @Test("events of two keys are handled at once, those of one are not") func parallel() throws {
    let topic = try fixture.bus.topic("t")
    let release = Flag()
    let log = Log<Int>()
    let subscription = try fixture.subscribe(
      owner, "t", delivery: .async(capacity: 100, overflow: .fail), lanes: 3
    ) { seen in
      log.append(seen.number)
      if seen.number < 10 { release.wait() }
      return 0
    }
    for number in 1...4 { fixture.publish(topic, number, key: "a") }
    fixture.publish(topic, 5, key: "b")
    fixture.publish(topic, 10, key: "c")
    fixture.publish(topic, 11, key: "c")
    #expect(
      eventually {
        fixture.bus.tick()
        return log.count == 4
      })
    #expect(Set(log.all) == [1, 5, 10, 11])
    #expect(subscription.queued == 3)
    release.raise()
    #expect(eventually { log.count == 7 })
    #expect(log.all.filter { $0 < 5 } == [1, 2, 3, 4])
    #expect(eventually { subscription.delivered == 7 })
    #expect(eventually { fixture.ledger.live == 0 })
  }

  @Test("no more calls run at once than there are lanes, and each key keeps its order")
  func order() throws {
    let topic = try fixture.bus.topic("t")
    let crowd = Crowd()
    let seen = Mutex<[Int: [Int]]>([:])
    try fixture.subscribe(
      owner, "t", delivery: .async(capacity: 64, overflow: .block(milliseconds: 60_000)), lanes: 3
    ) { event in
      crowd.with {
        seen.withLock { $0[event.number % Self.keys.count, default: []].append(event.number) }
      }
      return 0
    }
    var dice = Dice(seed: 7)
    var sent: [Int: [Int]] = [:]
    for count in 0..<20_000 {
      let key = Int(dice.next() % UInt64(Self.keys.count))
      let number = count * Self.keys.count + key
      #expect(fixture.publish(topic, number, key: Self.keys[key]) == nil)
      sent[key, default: []].append(number)
    }
    #expect(eventually { seen.withLock { $0.values.reduce(0) { $0 + $1.count } } == 20_000 })
    #expect(seen.withLock { $0 } == sent)
    #expect(crowd.most <= 3)
    #expect(eventually { fixture.ledger.live == 0 })
  }

  @Test("unsubscribing waits for every lane's call") func barrier() throws {
    let topic = try fixture.bus.topic("t")
    let inside = Count()
    let release = Flag()
    let after = Count()
    let subscription = try fixture.subscribe(
      owner, "t", delivery: .async(capacity: 100, overflow: .fail), lanes: 2
    ) { _ in
      inside.add()
      release.wait()
      after.add()
      return 0
    }
    for number in 0..<10 { fixture.publish(topic, number, key: Self.keys[number % 5]) }
    #expect(eventually { inside.value == 2 })
    #expect(
      try fixture.bus.unsubscribe(subscription, until: .after(milliseconds: 1)) == .pending)
    #expect(fixture.bus.dropped == 8)
    release.raise()
    #expect(eventually { fixture.ledger.live == 0 })
    #expect(after.value == 2)
    #expect(inside.value == 2)
  }

  @Test("in strict order a failed event holds up its own lane only") func strict() throws {
    let topic = try fixture.bus.topic("t")
    let log = Log<Int>()
    var retry = RetryPolicy()
    retry.attempts = 3
    retry.initial = 60
    try fixture.subscribe(
      owner, "t", delivery: .async(capacity: 100, overflow: .fail), lanes: 2, retry: retry,
      strictOrder: true
    ) { seen in
      log.append(seen.number * 10 + seen.attempt)
      return seen.number == 1 && seen.attempt < 3 ? 7 : 0
    }
    fixture.publish(topic, 1, key: "a")
    fixture.publish(topic, 2, key: "a")
    #expect(eventually { log.count > 0 })
    for number in 3...5 { fixture.publish(topic, number, key: "b") }
    #expect(eventually { log.count == 7 })
    #expect(log.all.filter { $0 < 30 } == [11, 12, 13, 21])
    #expect(log.all.filter { $0 > 30 } == [31, 41, 51])
    #expect(log.all.firstIndex(of: 51).map { $0 < 5 } == true, "\(log.all)")
    #expect(eventually { fixture.ledger.live == 0 })
  }

  @Test("a call past its time limit keeps the events of every lane waiting, until it has returned")
  func suspended() throws {
    let topic = try fixture.bus.topic("t")
    let release = Flag()
    let log = Log<Int>()
    let subscription = try fixture.subscribe(
      owner, "t", name: "slow", delivery: .async(capacity: 100, overflow: .fail), lanes: 4,
      timeout: 20
    ) { seen in
      log.append(seen.number)
      if seen.number == 1 { release.wait() }
      return 0
    }
    fixture.publish(topic, 1, key: "a")
    #expect(eventually { fixture.late.count == 1 })
    for number in 2...9 { fixture.publish(topic, number, key: Self.keys[number % 4]) }
    #expect(eventually { subscription.queued == 8 })
    #expect(log.all == [1])
    release.raise()
    #expect(eventually { log.count == 9 })
    #expect(eventually { fixture.ledger.live == fixture.bus.deadLetters.all.count })
    _ = fixture.bus.deadLetters.drop { _ in true }
    #expect(fixture.ledger.live == 0)
  }

  @Test("a reload keeps the order of every key, with several calls at once")
  func reload() throws {
    let fixture = fixture
    let topic = try fixture.bus.topic("t")
    let seen = Mutex<[Int: Int]>([:])
    let problems = Log<String>()
    @Sendable func handle(_ event: TestEvent.Seen) -> Int32 {
      seen.withLock { next in
        let expected = next[event.publisher, default: 0]
        if event.number != expected { problems.append("\(event), wanted \(expected)") }
        next[event.publisher] = event.number + 1
      }
      return 0
    }
    func generation(_ number: UInt32, shadow: Bool) throws -> Owner {
      let owner = Owner(name: "plugin", generation: number)
      try fixture.subscribe(
        owner, "t", name: "lanes",
        delivery: .async(capacity: 64, overflow: .block(milliseconds: 60_000)), lanes: 3,
        shadow: shadow, handle)
      return owner
    }
    var owner = try generation(1, shadow: false)
    let stop = Flag()
    let sent = Mutex<[Int: Int]>([:])
    let publishers = try (0..<2).map { half in
      try Thread(name: "publisher") {
        var dice = Dice(seed: UInt64(half))
        while !stop.isRaised {
          let key = Int(dice.next() % 3) * 2 + half
          let number = sent.withLock { sent in
            defer { sent[key, default: 0] += 1 }
            return sent[key, default: 0]
          }
          _ = fixture.publish(topic, number, publisher: key, key: Self.keys[key])
        }
      }
    }
    for number in 2...30 as ClosedRange<UInt32> {
      let next = try generation(number, shadow: true)
      fixture.bus.closeGates(of: [owner], callables: [])
      #expect(fixture.bus.drain(owner, until: .after(milliseconds: 20_000)) == 0)
      _ = fixture.bus.handOver(from: owner, to: next, recorder: nil, replaying: nil)
      _ = fixture.bus.revoke(owner, until: .after(milliseconds: 20_000))
      owner = next
    }
    stop.raise()
    publishers.forEach { $0.join() }
    #expect(eventually { seen.withLock { $0 } == sent.withLock { $0 } })
    #expect(problems.all.prefix(5) == [])
    #expect(fixture.bus.dropped == 0)
    #expect(eventually { fixture.ledger.live == 0 })
  }
}
