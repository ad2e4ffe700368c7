import CHostSupport
import HostSupport
import Testing

@testable import EventBus

@Suite("topics that were only published to")
struct ForgettingTests {
  let fixture = Fixture(mostTopics: 100)
  let owner = Owner(name: "plugin", generation: 1)

  private func publish(_ name: String, _ number: Int) throws {
    try fixture.bus.withTopic(name) { _ = fixture.publish($0, number) }
  }

  @Test("are forgotten, the longest unused first, and those that somebody refers to stay")
  func bounded() throws {
    let received = Log<Int>()
    let opened = try fixture.bus.topic("opened")
    let pinned = try fixture.bus.pinnedTopic("pinned")
    try fixture.subscribe(owner, "named") { _ in 0 }
    try fixture.subscribe(owner, "flood.>") { seen in
      received.append(seen.number)
      return 0
    }
    try publish("named", 0)
    for number in 1...1_000 {
      try publish("flood.\(number)", number)
      try publish("flood.often", 0)
    }
    #expect(fixture.bus.topics.count <= 100)
    #expect(received.all.filter { $0 > 0 } == Array(1...1_000))
    #expect(fixture.bus.forgottenTopics >= 900)
    let names = fixture.bus.topics.map(\.name)
    #expect(Set(names).isSuperset(of: ["opened", "pinned", "named", "flood.often", "flood.1000"]))
    #expect(fixture.bus.openedTopic("opened") === opened)
    #expect(fixture.bus.openedTopic("pinned") === pinned)
    #expect(fixture.bus.openedTopic("flood.often")?.published == 1_000)
  }

  @Test("are forgotten once their publisher lets go of them")
  func unpinned() throws {
    for number in 0..<200 { try fixture.bus.pinnedTopic("pinned.\(number)").unpin() }
    #expect(fixture.bus.topics.count <= 100)
    for number in 0..<200 { _ = try fixture.bus.topic("opened.\(number)") }
    #expect(fixture.bus.topics.filter { $0.name.hasPrefix("opened") }.count == 200)
  }

  @Test("keep what waits in queues, for a retry or as a dead letter")
  func referredTo() throws {
    let (release, entered) = (Flag(), Flag())
    let received = Log<String>()
    let queued = try fixture.subscribe(
      owner, "first.>", delivery: .async(capacity: 4_096, overflow: .fail)
    ) { _ in
      entered.raise()
      release.wait()
      received.append(unsafe Topic.of(hs_publish_topic())?.name ?? "")
      return 0
    }
    try fixture.subscribe(owner, "failing.*", name: "failing") { _ in 7 }
    for number in 0..<50 { try publish("first.\(number)", number) }
    entered.wait()
    for number in 0..<50 { try publish("failing.\(number)", number) }
    for number in 0..<1_000 { try publish("other.\(number)", number) }
    fixture.bus.tick()
    #expect(fixture.bus.openedTopic("first.7") == nil)
    #expect(fixture.bus.waiting["first.49"] == 1)
    release.raise()
    #expect(eventually { received.count == 50 })
    #expect(received.all == (0..<50).map { "first.\($0)" })
    #expect(fixture.bus.deadLetters.all.map(\.topic) == (0..<50).map { "failing.\($0)" })
    #expect(fixture.bus.replayDeadLetters { _ in true }.replayed.count == 50)
    #expect(eventually { fixture.bus.deadLetters.all.count == 50 })
    _ = try fixture.bus.unsubscribe(queued, until: .after(milliseconds: 1_000))
    #expect(
      eventually {
        fixture.bus.tick()
        return fixture.bus.pendingReclaims == 0
      })
  }

  @Test("come and go under publishers on several threads, while handlers come and go")
  func underLoad() throws {
    let (bus, fixture, owner) = (fixture.bus, fixture, owner)
    let received = Tally()
    let sent = Tally()
    try fixture.subscribe(owner, "load.>", name: "all") { _ in
      received.count()
      return 0
    }
    let threads = try (0..<3).map { number in
      try Thread(name: "load") {
        for round in 0..<3_000 {
          try? bus.withTopic("load.\((round * 7 + number) % 400)") { topic in
            _ = fixture.publish(topic, round)
            sent.count()
          }
        }
      }
    }
    for _ in 0..<100 {
      let passing = try fixture.subscribe(owner, "load.*", name: "passing") { _ in 0 }
      _ = try bus.unsubscribe(passing, until: .after(milliseconds: 5_000))
      bus.tick()
    }
    for thread in threads { thread.join() }
    #expect(sent.value == 9_000)
    #expect(received.value == 9_000)
    #expect(bus.topics.count <= 100)
  }
}
