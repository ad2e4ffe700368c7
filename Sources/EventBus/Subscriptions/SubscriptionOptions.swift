/// How a subscription wants its events.
public struct SubscriptionOptions: Sendable {
  /// Where the handler runs.
  public enum Delivery: Sendable, Equatable {
    /// On the publisher's thread, before the publish returns.
    case sync
    /// On threads of the host, in order, from a queue of its own.
    case async(capacity: Int, overflow: Overflow)
  }

  /// What happens to an event that finds the queue full.
  public enum Overflow: Sendable, Equatable {
    /// The publisher waits up to so many milliseconds (1…600,000), then the event is dropped for this subscription.
    case block(milliseconds: Int)
    /// The oldest event in the queue is dropped.
    case dropOldest
    /// The new event is dropped for this subscription.
    case dropNewest
    /// The new event is dropped for this subscription and the publish reports it.
    case fail
    /// The events in the queue that have the new one's key are dropped, full or not; else, when it is full, the oldest.
    case coalesce
  }

  /// What to match.
  public var pattern: TopicPattern
  /// Unique in its owner; `nil` for the pattern and an ordinal, `phase.*#1`.
  public var name: String?
  /// Higher first; ties by order of registration.
  public var priority: Int32
  /// Where the handler runs.
  public var delivery: Delivery
  /// What tells events apart where they coalesce, or are handled in lanes.
  public var key: EventField
  /// Events of different keys that are handled at once, 1…64, each key's in order; async only.
  public var lanes: Int
  /// What an event must meet, 0…32 conditions; all of them.
  public var conditions: [EventCondition]
  /// Milliseconds that one call of the handler may take, 1…600,000; `nil` for any time.
  public var timeout: Int?
  /// How a failed delivery is tried again.
  public var retry: RetryPolicy
  /// Whether a failed event is retried in its place while later ones wait for it; async only.
  public var strictOrder: Bool

  /// Describes a subscription.
  public init(
    pattern: TopicPattern, name: String? = nil, priority: Int32 = 0, delivery: Delivery = .sync,
    key: EventField = .partitionKey, lanes: Int = 1,
    conditions: [EventCondition] = [], timeout: Int? = nil,
    retry: RetryPolicy = RetryPolicy(),
    strictOrder: Bool = false
  ) {
    self.pattern = pattern
    self.name = name
    self.priority = priority
    self.delivery = delivery
    self.key = key
    self.lanes = lanes
    self.conditions = conditions
    self.timeout = timeout
    self.retry = retry
    self.strictOrder = strictOrder
  }
}
