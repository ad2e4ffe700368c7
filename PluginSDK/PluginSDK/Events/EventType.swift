/// A topic whose events carry one type of payload, as JSON.
///
/// ```swift
/// struct Tick: Codable { var count: Int }
/// let tick = EventType<Tick>("clock.tick", schema: .object(["count": .whole]))
/// ```
public struct EventType<Payload: Codable & SendableMetatype>: Sendable {
  // One reference: to copy or destroy more, the runtime would make the generic type, and look through every image for
  // what the payload conforms to.
  let facts: EventTypeFacts

  /// The topic, or for subscribing and declaring also a pattern.
  public var topic: String { facts.topic }
  /// What the events say, in a sentence.
  public var summary: String { facts.summary }
  /// The media type of the data.
  public var contentType: String { facts.contentType }
  /// What the data fit; has an effect where the type is declared.
  public var schema: EventSchema? { facts.schema }
  /// URI of the schema, which published events carry; empty for none.
  public var dataSchema: String { facts.dataSchema }

  /// Names a topic and says what its events are.
  public init(
    _ topic: String, summary: String = "", contentType: String = "application/json",
    schema: EventSchema? = nil, dataSchema: String = ""
  ) {
    facts = EventTypeFacts(topic, summary, contentType, schema, dataSchema)
  }

  init(_ facts: EventTypeFacts) { self.facts = facts }

  /// The payload of an event.
  ///
  /// - Throws: `invalid` with the place that cannot be read.
  public func payload(of event: Event) throws(PluginError) -> Payload {
    try JSONCoding.decode(Payload.self, event.data, for: event.type.isEmpty ? topic : event.type)
  }

  /// An event to publish, with a payload and a subject (free text).
  ///
  /// - Throws: `invalid` when the payload cannot be written as JSON.
  public func event(_ payload: Payload, subject: String = "") throws(PluginError) -> Event {
    var event = Event(
      data: try JSONCoding.encode(payload, for: topic), subject: subject, contentType: contentType)
    event.dataSchema = dataSchema
    return event
  }
}
