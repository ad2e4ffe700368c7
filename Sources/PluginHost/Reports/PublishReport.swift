/// What became of an event that an operator published.
public struct PublishReport: Codable, Sendable, Equatable {
  /// The topic.
  public var type: String
  /// The event's sequence number in its topic; 0 when only synchronous handlers received it.
  public var sequence: UInt64
  /// How many handlers and queues received it.
  public var deliveries: Int

  /// Describes a publish.
  public init(type: String, sequence: UInt64, deliveries: Int) {
    self.type = type
    self.sequence = sequence
    self.deliveries = deliveries
  }
}
