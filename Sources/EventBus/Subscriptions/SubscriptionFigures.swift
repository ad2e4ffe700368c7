import Synchronization

/// What became of the events of a subscription, over all generations that have its name.
///
/// Threading: any thread. Nothing of it is touched by a delivery that succeeds.
final class SubscriptionFigures: Sendable {
  /// Calls of handlers of earlier generations.
  let carried = Atomic<UInt64>(0)
  let failed = Atomic<UInt64>(0)
  let retried = Atomic<UInt64>(0)
  let dropped = Atomic<UInt64>(0)
  let coalesced = Atomic<UInt64>(0)
  let dead = Atomic<UInt64>(0)
  let times = HandlerTimes()
}

extension Atomic where Value == UInt64 {
  /// The count so far.
  var value: UInt64 { load(ordering: .relaxed) }

  /// Counts so many.
  func note(_ count: UInt64 = 1) { add(count, ordering: .relaxed) }
}
