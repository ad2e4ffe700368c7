import PluginSDK
import PluginTestKit
import Synchronization
import Testing

@Suite struct EventViewTests {
  /// A value with no padding.
  struct Point: Equatable {
    var x: Int32
    var y: Int32
  }

  @Test func `Every text of an event is lent as the bytes that were published`() throws {
    let host = try TestHost()
    let seen = Mutex<[String]>([])
    try host.context.subscribeView("a.b") { event in
      let texts = [
        text(event.typeBytes), text(event.sourceBytes), text(event.subjectBytes),
        text(event.idBytes), text(event.contentTypeBytes), text(event.dataSchemaBytes),
        text(event.bytes), attribute("k", of: event),
        attribute("é", of: event),
        attribute("absent", of: event),
      ]
      seen.withLock { $0 += texts }
    }
    var event = Event(data: Array("dätä".utf8), subject: "s", contentType: "text/plain")
    event.id = "i"
    event.dataSchema = "urn:x"
    event.extensions = [("k", "v"), ("é", "")]
    try host.context.topic("a.b").publish(event)
    #expect(
      seen.withLock { $0 } == [
        "a.b", "test", "s", "i", "text/plain", "urn:x", "dätä", "v", "", "none",
      ])
  }

  @Test func `What was not said is lent as no bytes`() throws {
    let host = try TestHost()
    let sizes = Mutex<[Int]>([])
    try host.context.subscribeView("a") { event in
      let all = [
        event.subjectBytes.count, event.idBytes.count, event.contentTypeBytes.count,
        event.dataSchemaBytes.count, event.bytes.count, event.data.byteCount,
      ]
      sizes.withLock { $0 = all }
    }
    try host.context.topic("a").publish(bytes: [])
    #expect(sizes.withLock { $0 } == [0, 0, 0, 0, 0, 0])
  }

  @Test func `Spans compare with text`() throws {
    let bytes = Array("märz".utf8)
    let answers = [
      bytes.span.equals("märz"), bytes.span.equals("märs"), bytes.span.equals("mär"),
      bytes.span.equals(""), Span<UInt8>().equals(""),
    ]
    #expect(answers == [true, false, false, false, true])
  }

  @Test func `A value arrives as it was, and only as one of its size`() throws {
    let host = try TestHost()
    let seen = Mutex<[Point?]>([])
    let others = Mutex<[Int32?]>([])
    try host.context.subscribeView("point") { event in
      let (point, other) = unsafe (event.value(as: Point.self), event.value(as: Int32.self))
      seen.withLock { $0.append(point) }
      others.withLock { $0.append(other) }
    }
    let topic = try host.context.topic("point")
    try topic.publish(value: Point(x: -1, y: 7))
    try topic.publish(value: Int32(9))
    #expect(seen.withLock { $0 } == [Point(x: -1, y: 7), nil])
    #expect(others.withLock { $0 } == [nil, 9])
  }

  @Test func `A span is published with its subject and content type`() throws {
    let host = try TestHost()
    let topic = try host.context.topic("a")
    let (data, subject) = (Array("data".utf8), Array("ünter".utf8))
    try topic.publish(bytes: data.span, subject: subject.span, contentType: "text/plain")
    try topic.publish(bytes: data.span, subject: subject.span)
    try topic.publish(bytes: data.span)
    #expect(host.events.map(\.data) == [data, data, data])
    #expect(host.events.map(\.subject) == ["ünter", "ünter", ""])
    #expect(host.events.map(\.contentType) == ["text/plain", "", ""])
  }

  @Test func `A publish of a span that the host refuses throws what the host says`() throws {
    let host = try TestHost()
    let depth = Mutex(0)
    let topic = try host.context.topic("again")
    try host.context.subscribeView("again") { event in
      depth.withLock { $0 += 1 }
      try topic.publish(bytes: event.bytes, subject: event.subjectBytes)
    }
    try topic.publish(bytes: [1])
    #expect(host.failures.first?.code == .depth)
    #expect(depth.withLock { $0 } > 1)
  }

  private func attribute(_ name: StaticString, of event: borrowing EventView) -> String {
    guard let value = event.attributeBytes(name) else { return "none" }
    return text(value)
  }

  private func text(_ bytes: borrowing Span<UInt8>) -> String {
    var copy: [UInt8] = []
    for index in bytes.indices { copy.append(bytes[index]) }
    return String(decoding: copy, as: UTF8.self)
  }
}
