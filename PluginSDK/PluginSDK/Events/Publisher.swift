/// An opened topic that publishes one type of payload.
public struct Publisher<Payload: Codable & SendableMetatype>: Sendable {
  // One reference, for the reason that `EventType` has one.
  private let parts: PublisherParts

  init(_ topic: Topic, _ type: EventType<Payload>) {
    parts = PublisherParts(topic, type.facts)
  }

  /// Publishes a payload as JSON.
  ///
  /// - Parameters:
  ///   - payload: What happened.
  ///   - subject: What it is about, free text.
  /// - Throws: `invalid` (not encodable, or it does not fit what was declared of the topic), or as `Topic.publish`.
  public func publish(_ payload: Payload, subject: String = "") throws(PluginError) {
    try parts.topic.publish(EventType<Payload>(parts.facts).event(payload, subject: subject))
  }
}

/// What a publisher knows, whatever its payload.
private final class PublisherParts: Sendable {
  let topic: Topic
  let facts: EventTypeFacts

  init(_ topic: Topic, _ facts: EventTypeFacts) {
    self.topic = topic
    self.facts = facts
  }
}
