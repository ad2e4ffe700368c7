/// An event that one subscription could not be given.
public struct DeadLetterReport: Codable, Sendable, Equatable {
  /// Its number, from 1; never given twice in a run of the host.
  public var id: UInt64
  /// The topic that the event was published to.
  public var topic: String
  /// The plugin that subscribed.
  public var plugin: String
  /// The name of the subscription.
  public var subscription: String
  /// Why it was given up: failed, crashed, timeout, suspended, unsubscribed or overflow.
  public var cause: String
  /// Deliveries that were tried, 0….
  public var attempts: Int
  /// What the handler said last.
  public var error: String
  /// When it was given up, RFC 3339 in UTC.
  public var time: String
  /// The event; `nil` in lists.
  public var event: EventReport?

  /// Describes a dead letter without its event.
  public init(
    id: UInt64, topic: String, plugin: String, subscription: String, cause: String, attempts: Int,
    error: String, time: String
  ) {
    self.id = id
    self.topic = topic
    self.plugin = plugin
    self.subscription = subscription
    self.cause = cause
    self.attempts = attempts
    self.error = error
    self.time = time
  }
}
