/// A call of a handler that runs past its time limit.
public struct HandlerTimeout: Sendable {
  /// Whose handler it is.
  public let subscription: Subscription
  /// The topic of the event that it handles.
  public let topic: String
  /// Milliseconds that a call may take.
  public let limit: Int
}
