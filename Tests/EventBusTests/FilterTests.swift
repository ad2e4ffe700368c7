import EventBus
import HostSupport
import Testing

/// Conditions are looked at by the host before anything of the subscriber runs.
@Suite struct FilterTests {
  let fixture = Fixture()
  let owner = Owner(name: "plugin", generation: 1)

  private func holds(
    _ field: String, _ test: EventCondition.Test, _ value: String = "",
    subject: StaticString = "", key: StaticString = "", json: StaticString = ""
  ) throws -> Bool {
    let condition = EventCondition(try EventField(field), test, value)
    var event = TestEvent(number: 1, ledger: fixture.ledger)
    event.subject = subject
    event.key = key
    event.json = json
    return unsafe withUnsafeMutablePointer(to: &event) {
      unsafe condition.holds(for: UnsafeMutableRawPointer($0), TestEvent.layout)
    }
  }

  @Test func `Text is compared byte by byte`() throws {
    #expect(try holds("subject", .equal, "disk", subject: "disk"))
    #expect(try !holds("subject", .equal, "disk", subject: "disks"))
    #expect(try holds("subject", .notEqual, "disk", subject: "disks"))
    #expect(try holds("subject", .prefix, "di", subject: "disk"))
    #expect(try !holds("subject", .prefix, "disks", subject: "disk"))
    #expect(try holds("subject", .suffix, "sk", subject: "disk"))
    #expect(try !holds("subject", .suffix, "a disk", subject: "disk"))
    #expect(try holds("subject", .contains, "is", subject: "disk"))
    #expect(try !holds("subject", .contains, "ix", subject: "disk"))
    #expect(try holds("subject", .less, "b", subject: "a"))
    #expect(try holds("subject", .greater, "a", subject: "b"))
    #expect(try holds("extension:partitionkey", .equal, "k", key: "k"))
  }

  @Test func `A field that is missing is only different`() throws {
    for test in EventCondition.Test.allCases {
      #expect(try holds("subject", test, "x") == (test == .notEqual), "\(test)")
      #expect(try holds("data:/a", test, "1", json: #"{"b":1}"#) == (test == .notEqual), "\(test)")
      #expect(try holds("data:/a", test, "1", json: "not JSON") == (test == .notEqual), "\(test)")
    }
    #expect(try holds("subject", .exists, subject: "x"))
  }

  @Test func `JSON data are compared by kind`() throws {
    let json: StaticString = """
      {"n":10,"t":"ten","deep":[{"ok":true}],"none":null,"big":9007199254740993}
      """
    #expect(try holds("data:/n", .equal, "10", json: json))
    #expect(try holds("data:/n", .equal, "10.0", json: json))
    #expect(try holds("data:/n", .greater, "9", json: json))
    #expect(try !holds("data:/n", .less, "9", json: json))
    #expect(try holds("data:/t", .equal, "ten", json: json))
    #expect(try holds("data:/t", .prefix, "t", json: json))
    #expect(try holds("data:/deep/0/ok", .equal, "true", json: json))
    #expect(try holds("data:/none", .equal, "null", json: json))
    #expect(try holds("data:/none", .exists, json: json))
    #expect(try holds("data:/big", .greater, "9007199254740992", json: json))
    #expect(try holds("data:/t", .greater, "9", json: json))
  }

  @Test(
    arguments: ["", "subjects", "extension", "extension:", "data", "data:a", "data:/a~2", "SOURCE"])
  func `What is no field is refused with the fields there are`(text: String) {
    let error = #expect(throws: BusError.self) { try EventField(text) }
    #expect(error?.description.contains("'\(text)' is no field of an event; use source,") == true)
  }

  @Test(arguments: [
    "source", "subject", "datacontenttype", "dataschema", "extension:a", "data:/a/0",
  ])
  func `A field is written as it is read`(text: String) throws {
    #expect(try EventField(text).description == text)
  }

  @Test(arguments: [.sync, .async(capacity: 8, overflow: .fail)] as [SubscriptionOptions.Delivery])
  func `All conditions must hold, and what they keep away is counted`(
    delivery: SubscriptionOptions.Delivery
  ) throws {
    let log = Log<Int>()
    let conditions = [
      EventCondition(try EventField("subject"), .prefix, "di"),
      EventCondition(try EventField("data:/size"), .greater, "5"),
    ]
    let subscription = try fixture.subscribe(
      owner, "t", delivery: delivery, conditions: conditions
    ) { seen in
      log.append(seen.number)
      return 0
    }
    let topic = try fixture.bus.topic("t")
    fixture.publish(topic, 1, subject: "disk", json: #"{"size":6}"#)
    fixture.publish(topic, 2, subject: "disk", json: #"{"size":5}"#)
    fixture.publish(topic, 3, subject: "tape", json: #"{"size":6}"#)
    fixture.publish(topic, 4)
    fixture.publish(topic, 5, subject: "dice", json: #"{"size":60}"#)
    #expect(eventually { log.all == [1, 5] })
    #expect(subscription.filtered == 3)
    #expect(subscription.delivered == 2)
  }

  @Test func `A handler behind conditions fails, nests and ends like any other`() throws {
    let always = [EventCondition(try EventField("subject"), .notEqual, "never")]
    let topic = try fixture.bus.topic("t")
    let subscription = try fixture.subscribe(owner, "t", name: "s", conditions: always) { _ in 7 }
    #expect(fixture.publish(topic, 1) == nil)
    #expect(fixture.failed == [Fixture.Failure("s", 1, code: 7)])
    #expect(
      try fixture.bus.unsubscribe(subscription, until: .after(milliseconds: 1000)) == .ended)
    #expect(fixture.publish(topic, 2) == nil)
    #expect(fixture.failed.count == 1)
  }
}
