import CHostSupport

/// What stands in the dispatch tables for a subscription that does more than call its handler: it looks at the event's
/// attributes, and hands the event to the queue or to the handler.
///
/// It is the host's own code. Threading: any thread, several at once.
final class Entrance: Sendable {
  private enum Target {
    case queue(DeliveryQueue)
    case handler(Callable)
  }

  private let subscription: Subscription
  private let target: Target
  private let layout: EventLayout

  /// The entrance of an async subscription.
  init(of subscription: Subscription, to queue: DeliveryQueue) {
    self.subscription = subscription
    target = .queue(queue)
    layout = subscription.bus.layout
  }

  /// The entrance of a sync subscription with conditions.
  init(of subscription: Subscription, to handler: Callable) {
    self.subscription = subscription
    target = .handler(handler)
    layout = subscription.bus.layout
  }

  /// The entry that publishers call.
  func makeCallable(owner: Owner) -> Callable {
    let callable =
      if case .queue(let queue) = target, subscription.options.conditions.isEmpty {
        plainCallable(owner: owner, to: queue)
      } else {
        unsafe Callable(
          owner: owner, inPlugin: false, keepAlive: self,
          context: Unmanaged.passUnretained(self).toOpaque(),
          call: { context, event, _ in
            guard let context = unsafe context else { return 0 }
            unsafe Unmanaged<Entrance>.fromOpaque(context).takeUnretainedValue().receive(event)
            return 0
          })
      }
    unsafe hs_entry_set_user(callable.entry, Unmanaged.passUnretained(subscription).toOpaque())
    return callable
  }

  /// Straight into the queue: nothing is to be looked at.
  private func plainCallable(owner: Owner, to queue: DeliveryQueue) -> Callable {
    unsafe Callable(
      owner: owner, inPlugin: false, keepAlive: self,
      context: Unmanaged.passUnretained(queue).toOpaque(),
      call: { context, event, _ in
        guard let context = unsafe context else { return 0 }
        unsafe Unmanaged<DeliveryQueue>.fromOpaque(context)._withUnsafeGuaranteedRef {
          unsafe $0.accept(event)
        }
        return 0
      })
  }

  private func receive(_ event: UnsafeMutableRawPointer?) {
    for condition in subscription.options.conditions
    where unsafe !condition.holds(for: event, layout) {
      return subscription.noteFiltered()
    }
    switch target {
    case .queue(let queue): unsafe queue.accept(event)
    case .handler(let handler): unsafe call(handler, event)
    }
  }

  private func call(_ handler: Callable, _ event: UnsafeMutableRawPointer?) {
    let bus = subscription.bus
    let topic = unsafe hs_publish_topic()
    if subscription.options.timeout != nil, !subscription.trial.admit() {
      return unsafe bus.bury(event, topic: topic, suspended: subscription)
    }
    let outcome = unsafe bus.call(
      handler, of: subscription, event, topic: topic, patience: hs_patience())
    switch outcome.result.failure {
    case .revoked: break
    case .gateClosed, .tooDeep, .noMemory: hs_publish_set_outcome(outcome.result.code)
    default:
      guard outcome.result.code != 0 || outcome.timedOut else { return }
      bus.noteFailure(
        unsafe DeliveryFailure(
          subscription: subscription, event: event, topic: topic, attempt: 1,
          result: outcome.result, timedOut: outcome.timedOut))
    }
  }
}
