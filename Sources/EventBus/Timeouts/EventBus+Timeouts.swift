import CHostSupport
import HostSupport
import Synchronization

/// Calls of handlers, watched where the subscription has a time limit.
extension EventBus {
  /// What came of a delivery.
  struct Outcome {
    let result: CallResult
    /// Whether the call ran past its limit; its result does not count then.
    let timedOut: Bool
  }

  /// Delivers an event to a subscription's handler and waits for it, at a closed gate for `patience` nanoseconds.
  func call(
    _ direct: Callable, of subscription: Subscription?, _ event: UnsafeMutableRawPointer?,
    topic: UnsafePointer<hs_topic>?, patience: UInt64
  ) -> Outcome {
    var fault: Int32 = 0
    guard let subscription, let limit = subscription.options.timeout else {
      let code = unsafe hs_deliver(direct.entry, topic, event, patience, &fault)
      return Outcome(result: CallResult(code: code, fault: fault), timedOut: false)
    }
    let name = unsafe topic.map { unsafe String(cString: $0.pointee.name) } ?? ""
    let watched = watchdog.begin(subscription, topic: name, milliseconds: limit)
    let code = unsafe hs_deliver(direct.entry, topic, event, patience, &fault)
    let late = watchdog.end(watched)
    subscription.trial.finish(late: late)
    return Outcome(result: CallResult(code: code, fault: fault), timedOut: late)
  }

  /// Calls of handlers that ran past their time limit.
  public var timedOut: UInt64 { counters.withLock { $0.timedOut } }

  func noteTimedOut() { counters.withLock { $0.timedOut += 1 } }

  /// Looks after handlers with a time limit, made with the first call of one.
  var watchdog: Watchdog {
    dog.withLock { dog in
      if let dog { return dog }
      let made = Watchdog { [weak self] call in self?.noteLate(call) }
      dog = made
      return made
    }
  }

  /// A handler runs past its limit: no further event is given to it until it has returned and proved itself.
  func noteLate(_ call: Watchdog.Call) {
    call.subscription.trial.suspend()
    noteTimedOut()
    onTimeout(
      HandlerTimeout(
        subscription: call.subscription, topic: call.topic,
        limit: call.subscription.options.timeout ?? 0))
  }

  /// An event came while the subscription was suspended.
  func bury(
    _ event: UnsafeMutableRawPointer?, topic: UnsafePointer<hs_topic>?,
    suspended subscription: Subscription
  ) {
    guard let topic = unsafe topic, let copy = unsafe layout.copy(event) else {
      return unsafe noteDropped(topic, of: subscription.owner.name)
    }
    let name = unsafe String(cString: topic.pointee.name)
    bury(
      unsafe DeadLetter(
        topic: name, plugin: subscription.owner.name, subscription: subscription.name,
        cause: .suspended, attempts: 0,
        error: "a call of the handler is running past its time limit", moment: Deadline.now(),
        item: DeliveryQueue.Item(event: copy, topic: topic)))
  }
}
