import PluginSDK

/// A delivery: an event on its way to a subscription.
struct Delivery: Sendable {
  /// Whose it is.
  let entry: Entry
  /// The event.
  let event: Event
  /// 1 for the first, then one more each retry.
  var attempt = 1
  /// When it is tried again, on the test's clock.
  var due: UInt64 = 0
}
