public import CHostSupport

/// A delivery that did not succeed.
@safe public struct DeliveryFailure {
  /// Whose delivery it was.
  public let subscription: Subscription
  /// The event, borrowed until the report returns.
  public let event: UnsafeMutableRawPointer?
  /// What it was published to.
  public let topic: UnsafePointer<hs_topic>?
  /// 1 for the first delivery, then one more each retry.
  public let attempt: Int
  /// The handler's code, or the contained crash.
  public let result: CallResult
  /// Whether the call ran past its time limit; the result does not count then.
  public var timedOut = false
}
