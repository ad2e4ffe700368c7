import CHostSupport
import Synchronization

/// Events that one subscription is given, and no other.
extension EventBus {
  /// Delivers an event to one subscription: past interceptors and routes, without a number, with everything else that it asked for.
  ///
  /// - Parameters:
  ///   - event: Borrowed.
  ///   - topic: What it is an event of.
  ///   - subscription: Who gets it, if its conditions hold.
  /// - Returns: `nil`, or why it was not delivered; a handler's failure is not the caller's.
  public func deliver(
    _ event: UnsafeMutableRawPointer?, of topic: Topic, to subscription: Subscription
  ) -> CallFailure? {
    let (direct, queue) = state.withLock { _ in (subscription.direct, subscription.queue) }
    let options = subscription.options
    guard options.conditions.allSatisfy({ unsafe $0.holds(for: event, layout) }) else {
      subscription.noteFiltered()
      return nil
    }
    if let queue {
      guard let copy = unsafe layout.copy(event) else { return .noMemory }
      let item = unsafe DeliveryQueue.Item(event: copy, topic: topic.record)
      return queue.push(item) ? nil : .queueFull
    }
    guard let direct else { return .revoked }
    guard options.timeout == nil || subscription.trial.admit() else {
      unsafe bury(event, topic: topic.record, suspended: subscription)
      return nil
    }
    let outcome = unsafe call(
      direct, of: subscription, event, topic: topic.record, patience: hs_patience())
    switch outcome.result.failure {
    case .revoked, .gateClosed, .tooDeep, .noMemory: return outcome.result.failure
    default:
      guard outcome.result.code != 0 || outcome.timedOut else { return nil }
      noteFailure(
        unsafe DeliveryFailure(
          subscription: subscription, event: event, topic: topic.record, attempt: 1,
          result: outcome.result, timedOut: outcome.timedOut))
      return nil
    }
  }
}
