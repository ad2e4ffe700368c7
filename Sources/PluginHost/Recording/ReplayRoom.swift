import EventBus

/// How many events the queues that a replay fills have room for: it must not make them lose anything.
///
/// It looks at the queues again only when what it saw may be used up: half of the places that were free are left to others.
struct ReplayRoom {
  private let bus: EventBus
  private let plugin: String?
  private var topics: Set<String> = []
  private var allowance = 0

  /// - Parameters:
  ///   - bus: Whose queues are filled.
  ///   - plugin: The plugin whose queues alone are; `nil` for all.
  init(_ bus: EventBus, of plugin: String?) {
    self.bus = bus
    self.plugin = plugin
  }

  /// Takes a place for an event in every queue of its topic.
  ///
  /// - Returns: `nil`, or the subscription whose queue has none.
  mutating func take(_ topic: String) -> Subscription? {
    if allowance > 0, topics.contains(topic) {
      allowance -= 1
      return nil
    }
    // Of many topics only those are kept that come now.
    if topics.count >= 256 { topics = [] }
    topics.insert(topic)
    var least = 1_024
    for topic in topics {
      for receiver in bus.receivers(of: topic) where isFilled(receiver) {
        guard case .async(let capacity, _) = receiver.options.delivery else { continue }
        // A queue of one place is used whole.
        let free = (capacity - receiver.queued + 1) / 2
        if capacity <= receiver.queued { return receiver }
        least = min(least, free)
      }
    }
    allowance = least - 1
    return nil
  }

  /// The recorder takes no replayed events.
  private func isFilled(_ subscription: Subscription) -> Bool {
    if let plugin { return subscription.owner.name == plugin }
    return subscription.name != EventRecording.name
      || subscription.owner.name != bus.hostOwner.name
  }
}
