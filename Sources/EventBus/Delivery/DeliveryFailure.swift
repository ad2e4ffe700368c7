/// A delivery that did not succeed.
@safe public struct DeliveryFailure {
  /// Whose delivery it was.
  public let subscription: Subscription
  /// The event, borrowed until the report returns.
  public let event: UnsafeMutableRawPointer?
  /// The handler's code, or the contained crash.
  public let result: CallResult
}
