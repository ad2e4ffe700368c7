/// A queue that fills faster than it is served: three quarters of its places are taken.
public struct QueueLag: Sendable {
  /// Whose queue it is.
  public let subscription: Subscription
  /// The topic of the event that came last.
  public let topic: String
  /// Events that wait.
  public let queued: Int
  /// Most events that may wait.
  public let capacity: Int
}
