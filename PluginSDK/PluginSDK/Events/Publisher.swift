/// An opened topic that publishes one type of payload.
public struct Publisher<Payload: Codable & SendableMetatype>: Sendable {
  private let topic: Topic
  private let name: String

  init(_ topic: Topic, _ name: String) {
    self.topic = topic
    self.name = name
  }

  /// Publishes a payload as JSON.
  ///
  /// - Parameters:
  ///   - payload: What happened.
  ///   - subject: What it is about, free text.
  /// - Throws: `invalid` (not encodable), or as `Topic.publish`.
  public func publish(_ payload: Payload, subject: String = "") throws(PluginError) {
    let data = try JSONCoding.encode(payload, for: name)
    try topic.publish(Event(data: data, subject: subject, contentType: JSONCoding.contentType))
  }
}
