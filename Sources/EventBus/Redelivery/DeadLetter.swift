/// An event that one subscription could not be given.
@safe public struct DeadLetter: Sendable {
  /// Why it was given up.
  public enum Cause: String, Sendable, CaseIterable {
    /// Every attempt failed.
    case failed
    /// The handler crashed.
    case crashed
    /// The handler ran past its deadline.
    case timeout
    /// The subscription was suspended because a handler ran past its deadline.
    case suspended
    /// The subscription ended, or the next generation has none of that name.
    case unsubscribed
    /// Too many events wait for another attempt.
    case overflow
  }

  /// Numbers of dead letters begin with 1 and are never given twice.
  public internal(set) var id: UInt64 = 0
  /// The topic that the event was published to.
  public let topic: String
  /// The plugin that subscribed.
  public let plugin: String
  /// The name of the subscription.
  public let subscription: String
  /// Why it was given up.
  public let cause: Cause
  /// Deliveries that were tried, 0….
  public let attempts: Int
  /// What the handler said last.
  public let error: String
  /// Nanoseconds on the monotonic clock.
  public let moment: UInt64
  /// The event; holds one reference, which the store gives back.
  let item: DeliveryQueue.Item
}
