/// An opened topic that publishes one type of payload.
public struct Publisher<Payload: Codable & SendableMetatype>: Sendable {
  private let topic: Topic
  private let type: EventType<Payload>

  init(_ topic: Topic, _ type: EventType<Payload>) {
    self.topic = topic
    self.type = type
  }

  /// Publishes a payload as JSON.
  ///
  /// - Parameters:
  ///   - payload: What happened.
  ///   - subject: What it is about, free text.
  /// - Throws: `invalid` (not encodable, or it does not fit what was declared of the topic), or as `Topic.publish`.
  public func publish(_ payload: Payload, subject: String = "") throws(PluginError) {
    try topic.publish(type.event(payload, subject: subject))
  }
}
