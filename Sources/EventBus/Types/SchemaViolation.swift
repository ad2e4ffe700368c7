/// An event that did not fit what was declared of its topic.
public struct SchemaViolation: Sendable {
  /// The topic that it was published to.
  public let topic: String
  /// Who published it; empty when the event does not say.
  public let source: String
  /// What it did not fit.
  public let type: EventType
  /// Where and why, in one line.
  public let reason: String
  /// Whether the publish fails.
  public let isRefused: Bool
}
