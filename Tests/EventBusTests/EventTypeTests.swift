import EventBus
import HostSupport
import Testing

@Suite("What is declared of a topic")
struct EventTypeTests {
  private let seen = Log<String>()
  private let told = Log<String>()
  private let fixture: Fixture
  private let shop = Owner(name: "shop", generation: 1)

  init() {
    let told = told
    fixture = Fixture { violation in
      told.append(
        "\(violation.topic) \(violation.isRefused) \(violation.type.owner.name): \(violation.reason)"
      )
    }
  }

  private func number(_ pattern: String, policy: SchemaPolicy? = nil) throws
    -> EventType.Declaration
  {
    EventType.Declaration(
      try TopicPattern(pattern), schema: try JSONSchema(parsing: #"{"type":"integer"}"#.utf8),
      policy: policy)
  }

  private func read(_ topic: String) throws {
    let seen = seen
    try fixture.subscribe(Owner(name: "reader", generation: 1), topic) { event in
      seen.append("\(topic) \(event.number)")
      return 0
    }
  }

  @Test("is kept at publish, as the policy says, and counted")
  func kept() throws {
    try read("t")
    let topic = try fixture.bus.topic("t")
    let type = try fixture.bus.declare(shop, number("t"))
    #expect(fixture.publish(topic, 1, json: "\"x\"") == nil)
    #expect(fixture.publish(topic, 2, json: "7") == nil)
    #expect(seen.all == ["t 1", "t 2"])
    let reason = "it must be a whole number, not the string \"x\""
    #expect(told.all == ["t false shop: \(reason)"])
    try fixture.bus.setTypes(Owner(name: "settings", generation: 1), [], policy: .refuse)
    #expect(fixture.publish(topic, 3, json: "\"x\"") == .unfit)
    #expect(fixture.publish(topic, 4) == .unfit)
    #expect(fixture.publish(topic, 5, json: "7") == nil)
    #expect(seen.all == ["t 1", "t 2", "t 5"])
    #expect(
      told.all.dropFirst() == [
        "t true shop: \(reason)", "t true shop: its data must be JSON, not without a content type",
      ])
    #expect(type.violations == 3)
    #expect(topic.violations == 3)
    try fixture.bus.setTypes(
      Owner(name: "settings", generation: 1), [], policy: .refuse, policies: ["t": .off])
    #expect(fixture.publish(topic, 6, json: "\"x\"") == nil)
    try fixture.bus.withdraw(type)
    #expect(throws: BusError.gone) { try fixture.bus.withdraw(type) }
  }

  @Test("is held against what interceptors leave of an event, and before routes take it")
  func order() throws {
    try read("t")
    try read("u")
    _ = try fixture.bus.declare(shop, number("t", policy: .refuse))
    _ = try fixture.bus.route(shop, EventRoute.Rule(from: TopicPattern("t"), to: "u"))
    _ = unsafe try fixture.bus.intercept(
      shop, InterceptorOptions(pattern: TopicPattern("t"), stages: .events)
    ) { _, _, event in
      let number = unsafe TestEvent.seen(event).number
      guard number < 3, let copy = unsafe TestEvent.layout.copy(event) else { return .pass }
      unsafe copy.assumingMemoryBound(to: TestEvent.self).pointee.json = number == 1 ? "1" : "\"x\""
      return unsafe .amended(copy)
    }
    let topic = try fixture.bus.topic("t")
    #expect(fixture.publish(topic, 1, json: "\"x\"") == nil)  // amended so that it fits
    #expect(fixture.publish(topic, 2, json: "1") == .unfit)  // amended so that it does not
    #expect(fixture.publish(topic, 3, json: "\"x\"") == .unfit)
    #expect(seen.all == ["u 1", "t 1"])
  }

  @Test("is kept for the topic that a route leads to, too")
  func routed() throws {
    try read("u")
    _ = try fixture.bus.declare(shop, number("u", policy: .refuse))
    _ = try fixture.bus.route(shop, EventRoute.Rule(from: TopicPattern("t"), to: "u"))
    #expect(fixture.publish(try fixture.bus.topic("t"), 1, json: "\"x\"") == .unfit)
    #expect(fixture.publish(try fixture.bus.topic("t"), 2, json: "1") == nil)
    #expect(seen.all == ["u 2"])
  }

  @Test("is looked at once: not again when the event is tried again")
  func retried() throws {
    let seen = seen
    var retry = RetryPolicy()
    (retry.attempts, retry.initial) = (2, 1)
    try fixture.subscribe(
      Owner(name: "reader", generation: 1), "t",
      delivery: .async(capacity: 4, overflow: .dropNewest),
      retry: retry
    ) { event in
      seen.append("\(event.attempt)")
      return event.attempt == 1 ? 1 : 0
    }
    _ = try fixture.bus.declare(shop, number("t"))
    fixture.publish(try fixture.bus.topic("t"), 1, json: "\"x\"")
    #expect(eventually { seen.all == ["1", "2"] })
    #expect(told.count == 1)
  }

  @Test("is declared once, or the same by others too")
  func conflicts() throws {
    let other = Owner(name: "other", generation: 1)
    _ = try fixture.bus.declare(shop, number("t.*"))
    _ = try fixture.bus.declare(other, number("t.*"))
    _ = try fixture.bus.declare(other, EventType.Declaration(TopicPattern("t.*"), summary: "words"))
    _ = try fixture.bus.declare(
      other, EventType.Declaration(TopicPattern("t.a"), schema: JSONSchema(.bool(true))))
    let text = EventType.Declaration(
      try TopicPattern("t.*"), schema: try JSONSchema(parsing: #"{"type":"string"}"#.utf8))
    #expect(throws: BusError.typeTaken("t.*", by: "shop")) { try fixture.bus.declare(other, text) }
    #expect(throws: BusError.typeTaken("t.*", by: "shop")) {
      try fixture.bus.setTypes(other, [text], policy: .off)
    }
    #expect(fixture.bus.types.map(\.policy) == [.warn, .warn, .warn, .warn])
    #expect(
      fixture.bus.types.map { "\($0.type.declaration.pattern) \($0.type.owner.name)" }
        == ["t.* shop", "t.* other", "t.* other", "t.a other"])
  }

  @Test("comes and goes under load, and no event that fits is lost or told")
  func underLoad() throws {
    let counted = Log<Int>()
    let published = Log<Int>()
    try fixture.subscribe(Owner(name: "reader", generation: 1), "t") { event in
      counted.append(event.number)
      return 0
    }
    let (fixture, topic) = (fixture, try fixture.bus.topic("t"))
    let stop = Flag()
    let publishers = try (0..<2).map { publisher in
      try Thread(name: "publisher") {
        var number = 0
        while !stop.isRaised {
          fixture.publish(topic, number, publisher: publisher, json: "7")
          number += 1
        }
        published.append(number)
      }
    }
    for _ in 0..<300 {
      let type = try fixture.bus.declare(shop, number("t", policy: .refuse))
      try fixture.bus.withdraw(type)
    }
    stop.raise()
    for publisher in publishers { publisher.join() }
    #expect(counted.count == published.all.reduce(0, +))
    #expect(told.count == 0)
  }

  @Test("passes from one generation to the next at a reload, and ends with the last")
  func handedOver() throws {
    let next = Owner(name: "shop", generation: 2)
    let topic = try fixture.bus.topic("t")
    _ = try fixture.bus.declare(shop, number("t", policy: .refuse))
    let text = EventType.Declaration(
      try TopicPattern("t"), schema: try JSONSchema(parsing: #"{"type":"string"}"#.utf8),
      policy: .refuse)
    _ = try fixture.bus.declare(next, text, shadow: true)
    #expect(fixture.publish(topic, 1, json: "1") == nil)
    fixture.bus.closeGates(of: [shop], callables: [])
    _ = fixture.bus.handOver(from: shop, to: next, recorder: nil, replaying: nil)
    #expect(fixture.publish(topic, 2, json: "1") == .unfit)
    #expect(fixture.publish(topic, 3, json: "\"x\"") == nil)
    // And back, as after a failed trial.
    fixture.bus.closeGates(of: [next], callables: [])
    _ = fixture.bus.handOver(from: next, to: shop, recorder: nil, replaying: nil)
    #expect(fixture.publish(topic, 4, json: "1") == nil)
    for owner in [shop, next] { _ = fixture.bus.revoke(owner, until: .after(milliseconds: 1000)) }
    #expect(fixture.bus.types.isEmpty)
    #expect(fixture.publish(topic, 5, json: "\"x\"") == nil)
  }
}
