/// How to subscribe. The default is synchronous delivery at priority 0 under a name that the host makes.
public struct SubscriptionOptions: Sendable {
  /// How a pattern is written.
  public enum Syntax: Sendable, Equatable {
    /// A topic, or segments with `*` (one segment) and a last `>` (one or more segments).
    case glob
    /// A POSIX extended regular expression, unanchored, without back-references: `^phase\.(start|stop)$`.
    case regex
  }

  /// When a handler runs.
  public enum Delivery: Sendable, Equatable {
    /// On the publisher's thread, before its `publish` returns; possibly on several threads at once.
    case sync
    /// From a queue of `capacity` events (1…1,048,576), in order, one at a time or by `lanes`, on threads of the host.
    case async(capacity: Int = 1_024, overflow: Overflow = .block(milliseconds: 1_000))
  }

  /// What happens when the queue is full.
  public enum Overflow: Sendable, Equatable {
    /// The publisher waits that long (1…600,000), then this event is dropped for this subscription.
    case block(milliseconds: Int)
    /// The oldest event in the queue gives way.
    case dropOldest
    /// The event being published is dropped for this subscription.
    case dropNewest
    /// The publisher gets `full`; other subscriptions still get the event.
    case fail
    /// The queued events of the same `key` give way at once, full or not; where there are none, the oldest when it is full. The
    /// new event comes last.
    case coalesce
  }

  /// Says whether a handler wants an event. It runs before each call of the handler, and must be quick.
  public typealias Question = @Sendable (borrowing EventView) -> Bool

  /// Unique in the plugin; name it when its queue should outlive a reload. Empty = pattern#ordinal.
  public var name: String
  /// How the pattern is written.
  public var syntax: Syntax
  /// Higher first; ties by order of registration.
  public var priority: Int32
  /// When the handler runs.
  public var delivery: Delivery
  /// What an event must meet, all of it; 0…32 conditions.
  public var filters: [EventFilter]
  /// Asked of every event that meets `filters`; `nil` takes them all.
  public var wants: Question?
  /// How a failed delivery is tried again.
  public var retry: RetryPolicy
  /// Whether a failed event is tried again in its place, while later ones wait for it; async only.
  public var strictOrder: Bool
  /// Milliseconds that one call of the handler may take, 1…600,000; 0 for any time. What runs longer fails with `timeout`.
  public var timeLimit: Int
  /// What tells events apart for `.coalesce` and `lanes`; `nil` for the attribute `partitionkey`.
  public var key: EventField?
  /// Events of different keys that are handled at once, 1…64, async only; those of one key, or of none, stay in order.
  public var lanes: Int

  /// Says how to subscribe.
  public init(
    name: String = "", syntax: Syntax = .glob, priority: Int32 = 0, delivery: Delivery = .sync,
    filters: [EventFilter] = [], retry: RetryPolicy = .never, strictOrder: Bool = false,
    timeLimit: Int = 0, key: EventField? = nil, lanes: Int = 1, wants: Question? = nil
  ) {
    self.name = name
    self.syntax = syntax
    self.priority = priority
    self.delivery = delivery
    self.filters = filters
    self.wants = wants
    self.retry = retry
    self.strictOrder = strictOrder
    self.timeLimit = timeLimit
    self.key = key
    self.lanes = lanes
  }

  /// Synchronous delivery at priority 0.
  public static var `default`: SubscriptionOptions { SubscriptionOptions() }

  /// A queue of 1,024 events under a name that outlives a reload.
  public static func queued(_ name: String) -> SubscriptionOptions {
    SubscriptionOptions(name: name, delivery: .async())
  }

  /// A pattern that is a regular expression.
  public static var regex: SubscriptionOptions { SubscriptionOptions(syntax: .regex) }
}
