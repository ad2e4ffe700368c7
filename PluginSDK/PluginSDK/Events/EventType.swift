/// A topic whose events carry one type of payload, as JSON.
///
/// ```swift
/// struct Tick: Codable { var count: Int }
/// let tick = EventType<Tick>("clock.tick", schema: .object(["count": .whole]))
/// ```
public struct EventType<Payload: Codable & SendableMetatype>: Sendable {
  /// The topic, or for subscribing and declaring also a pattern.
  public let topic: String
  /// What the events say, in a sentence.
  public let summary: String
  /// The media type of the data.
  public let contentType: String
  /// What the data fit; has an effect where the type is declared.
  public let schema: EventSchema?
  /// URI of the schema, which published events carry; empty for none.
  public let dataSchema: String

  /// Names a topic and says what its events are.
  public init(
    _ topic: String, summary: String = "", contentType: String = "application/json",
    schema: EventSchema? = nil, dataSchema: String = ""
  ) {
    self.topic = topic
    self.summary = summary
    self.contentType = contentType
    self.schema = schema
    self.dataSchema = dataSchema
  }

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
