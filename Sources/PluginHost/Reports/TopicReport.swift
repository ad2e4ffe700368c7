/// A topic and what became of its events.
public struct TopicReport: Codable, Sendable, Equatable {
  /// Its name.
  public var name: String
  /// Number of the last event that was numbered; 0 when none was.
  public var sequence: UInt64
  /// Handlers and queues that its events reach now.
  public var handlers: Int
  /// Events that were published.
  public var published: UInt64
  /// Events given to handlers, queues and filters: one published to three counts three.
  public var delivered: UInt64
  /// Deliveries that failed.
  public var failed: UInt64
  /// Attempts after the first.
  public var retried: UInt64
  /// Events that a full queue or an ended subscription dropped.
  public var dropped: UInt64
  /// Events that were given up.
  public var dead: UInt64
  /// Events that did not fit what was declared of the topic.
  public var violations: UInt64
  /// Events that wait in queues.
  public var queued: Int

  /// Describes a topic that nothing was published to.
  public init(name: String) {
    self.name = name
    (sequence, handlers, queued) = (0, 0, 0)
    (published, delivered, failed, retried, dropped, dead) = (0, 0, 0, 0, 0, 0)
    violations = 0
  }
}
