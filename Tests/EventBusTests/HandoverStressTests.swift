import HostSupport
import Synchronization
import Testing

@testable import EventBus

/// Promise 6: a reload under load loses no event, duplicates none and keeps the order per publisher.
@Suite(.serialized) struct HandoverStressTests {
  /// What the generations of one plugin saw, as one state that is handed over.
  final class Receiver: Sendable {
    private let state = Mutex(State())

    private struct State {
      var next: [Int: Int] = [:]
      var redelivered = 0
      var problems: [String] = []
    }

    /// `snapshot` and `restore` stand for a plugin's saved state.
    func snapshot() -> [Int: Int] { state.withLock { $0.next } }
    func restore(_ next: [Int: Int]) { state.withLock { $0.next = next } }
    var problems: [String] { state.withLock { $0.problems } }
    var redelivered: Int { state.withLock { $0.redelivered } }

    func take(_ seen: TestEvent.Seen, by generation: UInt32) -> Int32 {
      state.withLock { state in
        let expected = state.next[seen.publisher, default: 0]
        if seen.redelivered { state.redelivered += 1 }
        if seen.number != expected, state.problems.count < 10 {
          state.problems.append(
            "publisher \(seen.publisher): got \(seen.number), wanted \(expected), "
              + "generation \(generation), redelivered \(seen.redelivered)")
        }
        state.next[seen.publisher] = seen.number + 1
      }
      return 0
    }
  }

  let fixture = Fixture()
  let sync = Receiver()
  let async = Receiver()

  private func generation(_ number: UInt32, shadow: Bool) throws -> Owner {
    let owner = Owner(name: "plugin", generation: number)
    let (sync, async) = (sync, async)
    try fixture.subscribe(owner, "t", name: "sync", shadow: shadow) { sync.take($0, by: number) }
    try fixture.subscribe(
      owner, "*", name: "async",
      delivery: .async(capacity: 512, overflow: .block(milliseconds: 60_000)), shadow: shadow
    ) { async.take($0, by: number) }
    return owner
  }

  private func publishers(_ count: Int, until stop: Flag, refused: Count) throws -> [Publisher] {
    let topic = try fixture.bus.topic("t")
    return try (0..<count).map { try Publisher($0, topic, fixture, until: stop, refused: refused) }
  }

  /// A thread that publishes numbered events until it is told to stop.
  final class Publisher: Sendable {
    let sent = Count()
    private let thread: Thread

    init(_ index: Int, _ topic: Topic, _ fixture: Fixture, until stop: Flag, refused: Count) throws
    {
      let sent = sent
      thread = try Thread(name: "publisher") {
        while !stop.isRaised {
          if fixture.publish(topic, sent.value, publisher: index) != nil { refused.add() }
          sent.add()
        }
      }
    }

    func join() { thread.join() }
  }

  private func check(_ publishers: [Publisher], refused: Count) {
    let sent = Dictionary(uniqueKeysWithValues: publishers.enumerated().map { ($0, $1.sent.value) })
    #expect(refused.value == 0)
    #expect(sync.snapshot() == sent)
    #expect(eventually { async.snapshot() == sent })
    #expect(sync.problems == [])
    #expect(async.problems == [])
    #expect(sent.values.allSatisfy { $0 > 100 })
    #expect(eventually { fixture.ledger.live == 0 })
    #expect(fixture.bus.dropped == 0)
  }

  @Test("reloads under load lose nothing, duplicate nothing and keep the order") func reloads()
    throws
  {
    let stop = Flag()
    let refused = Count()
    var present = try generation(1, shadow: false)
    let publishers = try publishers(2, until: stop, refused: refused)
    for number in 2...400 as ClosedRange<UInt32> {
      let next = try generation(number, shadow: true)
      #expect(eventually { publishers.allSatisfy { $0.sent.value >= number } })
      fixture.bus.closeGates(of: [present], callables: [])
      #expect(fixture.bus.drain(present, until: .after(milliseconds: 20_000)) == 0)
      if number % 3 == 0 {
        fixture.bus.openGates(of: [present], callables: [])
        #expect(fixture.bus.revoke(next, until: .after(milliseconds: 20_000)) == 0)
        continue
      }
      let orphans = fixture.bus.handOver(from: present, to: next, recorder: nil, replaying: nil)
      #expect(orphans.isEmpty)
      #expect(fixture.bus.revoke(present, until: .after(milliseconds: 20_000)) == 0)
      present = next
      if number % 8 == 0 { fixture.bus.tick() }
    }
    stop.raise()
    for publisher in publishers { publisher.join() }
    check(publishers, refused: refused)
  }

  @Test("rollbacks from probation lose nothing and mark what they deliver again") func rollbacks()
    throws
  {
    let stop = Flag()
    let refused = Count()
    let present = try generation(1, shadow: false)
    let publishers = try publishers(2, until: stop, refused: refused)
    let full = Count()
    for number in 2...150 as ClosedRange<UInt32> {
      let next = try generation(number, shadow: true)
      fixture.bus.closeGates(of: [present], callables: [])
      #expect(fixture.bus.drain(present, until: .after(milliseconds: 20_000)) == 0)
      let saved = (sync.snapshot(), async.snapshot())
      let log = ProbationLog(layout: TestEvent.layout, limit: 1 << 30) { full.add() }
      let lost = fixture.bus.handOver(from: present, to: next, recorder: log, replaying: nil)
      _ = eventually(seconds: 1) { log.deliveries > 20 }
      fixture.bus.closeGates(of: [next], callables: [])
      #expect(fixture.bus.drain(next, until: .after(milliseconds: 20_000)) == 0)
      sync.restore(saved.0)
      async.restore(saved.1)
      let again = fixture.bus.handOver(from: next, to: present, recorder: nil, replaying: log)
      #expect(lost.isEmpty && again.isEmpty)
      #expect(fixture.bus.revoke(next, until: .after(milliseconds: 20_000)) == 0)
      log.close()
    }
    stop.raise()
    for publisher in publishers { publisher.join() }
    check(publishers, refused: refused)
    #expect(full.value == 0)
    #expect(sync.redelivered > 0)
    #expect(async.redelivered > 0)
  }
}
