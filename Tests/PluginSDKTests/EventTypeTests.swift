import CDovetail
import HostEventTypes
import PluginSDK
import PluginTestKit
import Synchronization
import Testing

@Suite struct EventTypeTests {
  private struct Order: Codable, Equatable {
    var id: String
    var size: Int?
  }

  private static let order = EventType<Order>(
    "order.paid", summary: "a customer has paid",
    schema: .object(["id": .string], optional: ["size": .whole]), dataSchema: "urn:order")

  @Test func `A declared type is kept at publish, and its events carry its schema's name`() throws {
    let host = try TestHost()
    let seen = Mutex<[Order]>([])
    try host.context.subscribe(to: Self.order) { order, event in
      #expect(event.dataSchema == "urn:order")
      seen.withLock { $0.append(order) }
    }
    let declared = try host.context.declare(Self.order)
    try host.context.publish(Self.order, Order(id: "a", size: 1), subject: "s")
    let misfit = Event(data: Array(#"{"id":"b","size":"x"}"#.utf8), contentType: "application/json")
    let topic = try host.context.topic("order.paid")
    let error = #expect(throws: PluginError.self) { try topic.publish(misfit) }
    #expect(error?.code == .invalid)
    #expect(
      error?.message
        == "an event of test does not fit what test declared of 'order.paid': /size must be a whole number, "
        + "not the string \"x\"")
    #expect(throws: PluginError.self) { try topic.publish(Event(data: [1])) }
    #expect(seen.withLock { $0 } == [Order(id: "a", size: 1)])
    #expect(host.events.map(\.subject) == ["s"])
    #expect(try declared.cancel() == .done)
    #expect(throws: PluginError.self) { try declared.cancel() }
    try topic.publish(misfit)
    #expect(host.failures.map(\.code) == [.invalid])
  }

  @Test func `A type that another declared otherwise is refused, with who it was`() throws {
    let host = try TestHost()
    try host.context.declare(Self.order)
    let other = EventType<Order>("order.paid", schema: .object(["id": .number]))
    let error = #expect(throws: PluginError.self) { try host.context.declare(other) }
    #expect(error?.code == .exists)
    #expect(error?.message.contains("declared by test already") == true)
    #expect(throws: PluginError.self) {
      try host.context.declare(EventType<Order>("x", schema: #"{"format": "email"}"#))
    }
  }

  @Test(arguments: [
    (
      EventSchema.object(["b": .whole, "a": .array(of: .string)], optional: ["c\"": .anything]),
      #"{"type":"object","required":["a","b"],"properties":{"a":{"type":"array","items":{"type":"string"}},"#
        + #""b":{"type":"integer"},"c\"":true}}"#
    ),
    (.oneOf(["on", "o\n"]), #"{"enum":["on","o\u000a"]}"#),
    (.array(of: .oneOf([])), #"{"type":"array","items":{"enum":[]}}"#),
    (#"{"type": "null"}"#, #"{"type": "null"}"#),
  ])
  func `A schema is put together as JSON text`(schema: EventSchema, text: String) {
    #expect(schema.text == text)
  }

  @Test func `The host's events make a round trip, for tests of who listens to them`() throws {
    let host = try TestHost()
    let failures = Mutex<[String]>([])
    try host.context.subscribe(to: HostEvents.pluginFailed) { failure, event in
      failures.withLock { $0.append("\(event.subject) \(failure.phase) \(failure.error)") }
    }
    try host.context.publish(
      HostEvents.pluginFailed, .init(phase: "init", error: "no disk"), subject: "b")
    #expect(failures.withLock { $0 } == ["b init no disk"])
  }
}
