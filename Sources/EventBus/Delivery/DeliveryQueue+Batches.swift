import CHostSupport
import HostSupport

/// Events that a worker takes out of a queue's hand and gives to a handler of several at once.
extension DeliveryQueue {
  /// Most events of a batch, and how many it holds at most of what the queue has room for: what is in it counts as handled.
  private static let mostInBatch = 64
  private static let partOfCapacity = 8
  /// Bytes of events after which a batch is full.
  private static let largestBatch = 64 << 10

  /// Gives the hand's events to a handler.
  ///
  /// - Parameters:
  ///   - handler: Whose call it is.
  ///   - batch: Its handler of several events.
  ///   - subscription: Its subscription.
  ///   - left: Events to serve before others get their turn.
  /// - Returns: `nil` when there is none any more, or others are to have their turn; else what `run` returns.
  func serveBatches(
    _ handler: Callable, _ batch: hs_batch_handler, _ subscription: Subscription?, _ left: inout Int
  ) -> Bool? {
    let most = max(1, min(Self.mostInBatch, state.withLock { $0.capacity } / Self.partOfCapacity))
    var items: [Item] = []
    while left > 0 {
      // A call that is to be timed is one of a single event.
      fill(&items, upTo: unsafe hs_entry_is_timed(handler.entry) != 0 ? 1 : most)
      guard !items.isEmpty else { return nil }
      let (result, handled) = unsafe deliver(items, to: handler, batch)
      for item in items.prefix(handled) { unsafe layout.release(item.event) }
      items.removeFirst(handled)
      left -= handled
      guard result.code != 0, let item = items.first else { continue }
      switch result.failure {
      case .gateClosed, .revoked:
        putBack(items, handler)
        return false
      default:
        left -= 1
        items.removeFirst()
        bus.noteFailure(subscription, item, EventBus.Outcome(result: result, timedOut: false))
        unsafe layout.release(item.event)
        guard result.failure == .crashed else { continue }
        putBack(items, handler)
        return true
      }
    }
    if !items.isEmpty {
      putBack(items, handler)
      return false
    }
    return nil
  }

  private func fill(_ items: inout [Item], upTo most: Int) {
    var bytes = 0
    while items.count < most, bytes < Self.largestBatch, let item = hand.next() {
      bytes += unsafe layout.size(item.event)
      items.append(item)
    }
    wakePublishers()
  }

  private func deliver(
    _ items: [Item], to handler: Callable, _ batch: hs_batch_handler
  ) -> (CallResult, handled: Int) {
    if items.count == 1, let item = items.first {
      let outcome = unsafe bus.call(
        handler, of: nil, item.event, topic: item.topic, patience: 0)
      return (outcome.result, outcome.result.code == 0 ? 1 : 0)
    }
    var (fault, handled) = (Int32(0), UInt64(0))
    let events = unsafe items.map { unsafe Optional($0.event) }
    let code = unsafe hs_deliver_batch(
      handler.entry, batch, events, UInt64(events.count), &handled, &fault)
    return (CallResult(code: code, fault: fault), Int(handled))
  }

  /// Its gate is closed, or its handler was replaced, or others are to have their turn: the events keep their places.
  private func putBack(_ items: [Item], _ handler: Callable) {
    let kept = state.update { state in
      state.workers -= 1
      note(.hand, in: &state)
      guard !state.ended else { return false }
      for item in items.reversed() { _ = putFirst(item, in: &state) }
      if state.handler === handler, !handler.isLive { state.paused = true }
      return true
    }
    if kept { schedule() } else { items.forEach { discard($0) } }
  }
}
