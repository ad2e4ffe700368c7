import CDovetail

/// How to subscribe. The default is synchronous delivery at priority 0 under a name that the host makes.
public struct SubscriptionOptions: Sendable {
  /// When a handler runs.
  public enum Delivery: Sendable, Equatable {
    /// On the publisher's thread, before its `publish` returns; possibly on several threads at once.
    case sync
    /// From a queue of `capacity` events (1…1,048,576), in order, one at a time, on threads of the host.
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
  }

  /// Unique in the plugin; name it when its queue should outlive a reload. Empty = pattern#ordinal.
  public var name: String
  /// Higher first; ties by order of registration.
  public var priority: Int32
  /// When the handler runs.
  public var delivery: Delivery

  /// Says how to subscribe.
  public init(name: String = "", priority: Int32 = 0, delivery: Delivery = .sync) {
    self.name = name
    self.priority = priority
    self.delivery = delivery
  }

  /// Synchronous delivery at priority 0.
  public static var `default`: SubscriptionOptions { SubscriptionOptions() }

  /// A queue of 1,024 events under a name that outlives a reload.
  public static func queued(_ name: String) -> SubscriptionOptions {
    SubscriptionOptions(name: name, delivery: .async())
  }

  /// Lends the options to the ABI.
  func raw(_ pattern: String, _ arena: Arena) -> dvt_subscription {
    var raw = unsafe dvt_subscription.headed()
    unsafe raw.pattern = unsafe arena.text(pattern)
    unsafe raw.name = unsafe arena.text(name)
    unsafe raw.priority = priority
    guard case .async(let capacity, let overflow) = delivery else { return unsafe raw }
    unsafe raw.delivery = DVT_DELIVERY_ASYNC
    unsafe raw.capacity = UInt32(clamping: capacity)
    switch overflow {
    case .block(let milliseconds):
      unsafe raw.overflow = DVT_OVERFLOW_BLOCK
      unsafe raw.block_ms = UInt32(clamping: milliseconds)
    case .dropOldest: unsafe raw.overflow = DVT_OVERFLOW_DROP_OLDEST
    case .dropNewest: unsafe raw.overflow = DVT_OVERFLOW_DROP_NEWEST
    case .fail: unsafe raw.overflow = DVT_OVERFLOW_FAIL
    }
    return unsafe raw
  }
}
