import CDovetail
import PluginSDK
import PluginTestKit
import Synchronization
import Testing

/// What the options of a subscription do, in a host in memory.
@Suite struct SubscriptionTests {
  /// Notes what a handler sees.
  private final class Seen: Sendable {
    private let lines = Mutex<[String]>([])

    func note(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
  }

  private struct Broken: Error {}

  private static func order(_ subject: String, _ json: String = "{}") -> Event {
    var event = Event(data: Array(json.utf8), subject: subject, contentType: "application/json")
    event.extensions = [("region", "eu")]
    event.dataSchema = "urn:order"
    return event
  }

  @Test(arguments: [
    (EventField.source, EventFilter.Test.equal("test"), "a,b"),
    (.subject, .equal("a"), "a"), (.subject, .notEqual("a"), "b"), (.subject, .less("b"), "a"),
    (.contentType, .prefix("application/"), "a,b"), (.dataSchema, .suffix(":order"), "a,b"),
    (.attribute("region"), .contains("u"), "a,b"), (.attribute("zone"), .exists, ""),
    (.attribute("zone"), .notEqual("x"), "a,b"), (.data("/size"), .greater("9"), "b"),
    (.data("/size"), .equal("3.0"), "a"), (.data("/name"), .equal("x"), "b"),
    (.data("/size"), .prefix("1"), ""), (.data(""), .exists, "a,b"),
  ])
  func `A filter decides which events arrive`(
    field: EventField, test: EventFilter.Test, expected: String
  ) throws {
    let host = try TestHost()
    let seen = Seen()
    try host.context.subscribe("order.*", .init(filters: [.init(field, test)])) { event in
      seen.note(event.subject)
    }
    let topic = try host.context.topic("order.new")
    try topic.publish(Self.order("a", #"{"size": 3}"#))
    try topic.publish(Self.order("b", #"{"size": 12, "name": "x"}"#))
    #expect(seen.all.joined(separator: ",") == expected)
  }

  @Test func `All filters must hold, and then the closure is asked`() throws {
    let host = try TestHost()
    let (asked, seen) = (Seen(), Seen())
    let options = SubscriptionOptions(
      delivery: .async(), filters: [.init(.subject, .prefix("a")), .init(.subject, .suffix("z"))],
      wants: { event in
        asked.note("\(event.subject) \(event.attribute("region") ?? "-") \(event.dataSchema)")
        return event.subject == "az"
      })
    try host.context.subscribe("order.new", options) { seen.note($0.subject) }
    let topic = try host.context.topic("order.new")
    for subject in ["a", "az", "z", "abz"] { try topic.publish(Self.order(subject)) }
    #expect(asked.all == ["az eu urn:order", "abz eu urn:order"])
    #expect(seen.all == ["az"])
  }

  @Test func `A view knows the attributes that an event has`() throws {
    let host = try TestHost()
    let seen = Seen()
    try host.context.subscribeView("a") { event in
      seen.note("\(event.attribute("region") ?? "-") \(event.attribute("zone") ?? "-")")
    }
    try host.context.topic("a").publish(Self.order("x"))
    #expect(seen.all == ["eu -"])
  }

  @Test func `A failed delivery is tried again until the attempts are used up`() throws {
    let host = try TestHost()
    let (seen, dead) = (Seen(), Seen())
    let retry = RetryPolicy(attempts: 3, initial: 100, multiplier: 3)
    try host.context.subscribe("a", .init(name: "n", retry: retry)) { event in
      seen.note("\(event.subject)\(event.attempt)")
      if event.subject != "y" || event.attempt == 1 { throw Broken() }
    }
    try host.context.subscribe("dead.>") { event in
      let said = Dictionary(event.extensions.map { ($0.name, $0.value) }) { first, _ in first }
      let names = ["deadsubscription", "deadcause", "deadattempts", "deadtopic"]
      dead.note("\(event.type) \(event.subject)")
      dead.note(names.map { said[$0] ?? "" }.joined(separator: " "))
    }
    let topic = try host.context.topic("a")
    try topic.publish(Event(data: [], subject: "x"))
    try topic.publish(Event(data: [], subject: "y"))
    host.advance(milliseconds: 99)
    #expect(seen.all == ["x1", "y1"])
    host.advance(milliseconds: 1)
    #expect(seen.all == ["x1", "y1", "x2", "y2"])
    host.advance(milliseconds: 299)
    #expect(dead.all == [])
    host.advance(milliseconds: 1)
    #expect(seen.all == ["x1", "y1", "x2", "y2", "x3"])
    #expect(dead.all == ["dead.a x", "n failed 3 a"])
    host.advance(milliseconds: 3_600_000)
    #expect(seen.all.count == 5)
  }

  @Test(arguments: [(true, ["x1", "x2", "y1"]), (false, ["x1", "y1", "x2"])])
  func `In strict order later events wait for the one that failed`(
    strict: Bool, expected: [String]
  ) throws {
    let host = try TestHost()
    let seen = Seen()
    let options = SubscriptionOptions(
      delivery: .async(), retry: RetryPolicy(attempts: 2), strictOrder: strict)
    try host.context.subscribe("a", options) { event in
      seen.note("\(event.subject)\(event.attempt)")
      if event.subject == "x", event.attempt == 1 { throw Broken() }
    }
    let topic = try host.context.topic("a")
    try topic.publish(Event(data: [], subject: "x"))
    try topic.publish(Event(data: [], subject: "y"))
    host.advance(milliseconds: 100)
    #expect(seen.all == expected)
  }

  @Test func `A call past its time limit fails and is told as a timeout`() throws {
    let host = try TestHost()
    let dead = Seen()
    try host.context.subscribe("a", .init(timeLimit: 1)) { _ in
      let clock = ContinuousClock()
      let end = clock.now + .milliseconds(3)
      while clock.now < end {}
    }
    try host.context.subscribe("dead.a") { event in
      dead.note(event.extensions.first { $0.name == "deadcause" }?.value ?? "")
    }
    try host.context.topic("a").publish(Event(data: []))
    #expect(host.failures.map(\.code) == [.timeout])
    #expect(dead.all == ["timeout"])
  }

  @Test func `A retry outlives its subscription only where the name does`() throws {
    let host = try TestHost()
    let (seen, dead) = (Seen(), Seen())
    try host.context.subscribe("dead.>") { event in
      dead.note(event.extensions.first { $0.name == "deadcause" }?.value ?? "")
    }
    let options = SubscriptionOptions(name: "n", retry: RetryPolicy(attempts: 2))
    func subscribe() throws -> Registration {
      try host.context.subscribe("a", options) { event in
        seen.note("\(event.attempt)")
        throw Broken()
      }
    }
    let first = try subscribe()
    let topic = try host.context.topic("a")
    try topic.publish(Event(data: []))
    try first.cancel()
    let second = try subscribe()
    host.advance(milliseconds: 100)
    #expect(seen.all == ["1", "2"])
    try topic.publish(Event(data: []))
    try second.cancel()
    host.advance(milliseconds: 100)
    #expect(seen.all == ["1", "2", "1"])
    #expect(dead.all == ["failed", "unsubscribed"])
  }

  @Test func `A queued event gives way to a newer one of its key`() throws {
    let host = try TestHost()
    let seen = Seen()
    let options = SubscriptionOptions(
      delivery: .async(overflow: .coalesce), key: .data("/id"))
    try host.context.subscribe("a", options) { seen.note($0.subject) }
    let topic = try host.context.topic("a")
    try host.context.subscribe("go") { _ in
      try topic.publish(Self.order("first", #"{"id": 1}"#))
      try topic.publish(Self.order("other", #"{"id": 2}"#))
      try topic.publish(Self.order("none"))
      try topic.publish(Self.order("second", #"{"id": 1}"#))
    }
    try host.context.topic("go").publish(Event(data: []))
    #expect(seen.all == ["other", "none", "second"])
  }

  @Test(arguments: [
    ("phase.*", "phases", true), (#"^phase\."#, "phases", false), ("^a|b$", "x.b", true),
    (#"^job\.[0-9]{1,3}$"#, "job.12", true), (#"^job\.[0-9]{1,3}$"#, "job.1234", false),
  ])
  func `A regular expression matches anywhere in the topic`(
    pattern: String, topic: String, isMatch: Bool
  ) throws {
    let host = try TestHost()
    let seen = Seen()
    try host.context.subscribe(pattern, .regex) { seen.note($0.type) }
    try host.context.topic(topic).publish(Event(data: []))
    #expect(seen.all == (isMatch ? [topic] : []))
  }

  @Test(arguments: [
    (#"(a)\1"#, #""(a)\1" has a back-reference, which can take hours"#),
    ("a{256}", #""a{256}" has a repeat counted beyond 255"#),
    ("a{2,1000}", #""a{2,1000}" has a repeat counted beyond 255"#),
    ("(", #""(" is no extended regular expression"#),
  ])
  func `A dangerous or malformed expression is refused`(pattern: String, message: String) throws {
    let host = try TestHost()
    #expect(throws: PluginError(.invalid, message, domain: "dovetail")) {
      try host.context.subscribe(pattern, .regex) { _ in }
    }
  }

  @Test(arguments: [
    (SubscriptionOptions(lanes: 65), "lanes is 65, expected 0…64"),
    (SubscriptionOptions(timeLimit: 600_001), "timeout_ms is 600001, expected 0…600000"),
    (
      SubscriptionOptions(retry: .init(attempts: 101)),
      "retry_attempts is 101, expected 0 or 1…100"
    ),
    (
      SubscriptionOptions(retry: .init(attempts: 2, multiplier: 11)),
      "retry_multiplier is 11, expected 0 or 1…10"
    ),
    (
      SubscriptionOptions(strictOrder: true),
      "DVT_SUBSCRIPTION_STRICT_ORDER needs DVT_DELIVERY_ASYNC: only a queue can wait"
    ),
    (
      SubscriptionOptions(filters: Array(repeating: .init(.subject, .exists), count: 33)),
      "filter_count is 33, at most 32 are allowed"
    ),
    (
      SubscriptionOptions(key: .data("x")),
      "'data:x' is no field of an event; use source, subject, datacontenttype, dataschema, extension:NAME or "
        + "data:/JSON/POINTER"
    ),
  ])
  func `An option out of its range is refused with the range`(
    options: SubscriptionOptions, message: String
  ) throws {
    let host = try TestHost()
    #expect(throws: PluginError(.invalid, message, domain: "dovetail")) {
      try host.context.subscribe("a", options) { _ in }
    }
  }
}
