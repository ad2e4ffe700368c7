import HostSupport

/// An event that waits for its next attempt, outside the line of its subscription.
@safe struct PendingRetry: Sendable {
  /// Plugin and subscription by name: whoever has them when it is due gets the event.
  let plugin: String
  let subscription: String
  let topic: String
  let due: Deadline
  /// Its `attempt` is the one to come; holds one reference.
  let item: DeliveryQueue.Item
  /// What the last attempt said.
  let error: String
}
