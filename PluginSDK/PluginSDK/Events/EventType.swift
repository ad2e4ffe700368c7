/// A topic whose events carry one type of payload, as JSON.
///
/// ```swift
/// struct Tick: Codable { var count: Int }
/// let tick = EventType<Tick>("clock.tick")
/// ```
public struct EventType<Payload: Codable & SendableMetatype>: Sendable {
  /// The topic, or for subscribing also a pattern.
  public let topic: String

  /// Names a topic.
  public init(_ topic: String) {
    self.topic = topic
  }
}
