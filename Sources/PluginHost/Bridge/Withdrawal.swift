import CDovetail
import EventBus
import HostSupport

/// `unsubscribe`, `withdraw`, `release`, `cancel` and `unwatch`: one promise, one implementation.
@safe enum Withdrawal {
  /// Ends the registration behind a handle; see `dvt_events.unsubscribe`.
  static func run(
    _ host: UnsafePointer<dvt_host>?, _ handle: dvt_handle, _ done: dvt_completion?,
    _ context: UnsafeMutableRawPointer?, _ error: UnsafePointer<dvt_error_sink>?
  ) -> Int32 {
    unsafe ABIEntry.call(host, error) { instance throws(ErrorReport) in
      guard let registration = instance.take(handle) else {
        throw ErrorReport(
          DVT_GONE, "handle \(handle.token) names no registration of \(instance.owner)")
      }
      let completion = unsafe done.map { done in unsafe Completion(call: done, context: context) }
      let deadline = Deadline.after(milliseconds: instance.core.limits.barrierMilliseconds)
      do throws(BusError) {
        switch try end(registration, instance, deadline, completion) {
        case .ended: return DVT_OK
        case .pending: return DVT_PENDING
        }
      } catch {
        throw ErrorReport(error)
      }
    }
  }

  /// A plugin's callback for the end of a pending withdrawal; until it has returned it counts as a job of the plugin's.
  @safe private struct Completion: @unchecked Sendable {
    // Safe: the plugin keeps `context` valid until it was called.
    let call: dvt_completion
    let context: UnsafeMutableRawPointer?
  }

  private static func end(
    _ registration: PluginInstance.Registration, _ instance: PluginInstance, _ deadline: Deadline,
    _ completion: Completion?
  ) throws(BusError) -> Callable.Ending {
    guard let completion else { return try end(registration, instance, deadline) {} }
    let isCounted = instance.beginJob()
    var ending = Callable.Ending.ended
    defer { if ending == .ended, isCounted { instance.endJob() } }
    // On a thread of the pool: plugin code must not hold up who finds out that the last call has returned.
    ending = try end(registration, instance, deadline) {
      instance.core.bus.workers.submit {
        defer { if isCounted { instance.endJob() } }
        return complete(completion, instance)
      }
    }
    return ending
  }

  private static func end(
    _ registration: PluginInstance.Registration, _ instance: PluginInstance, _ deadline: Deadline,
    _ done: @escaping @Sendable () -> Void
  ) throws(BusError) -> Callable.Ending {
    let bus = instance.core.bus
    switch registration {
    case .subscription(let subscription):
      return try bus.unsubscribe(subscription, until: deadline, done: done)
    case .service(let service):
      let ending = try instance.core.services.withdraw(service, until: deadline)
      if ending == .pending, let callable = service.lastCallable { bus.whenEnded(callable, done) }
      return ending
    case .timer(let timer):
      let ending = try instance.core.timers.cancel(timer, until: deadline)
      if ending == .pending { bus.whenEnded(timer.callable, done) }
      return ending
    case .watch(let watch):
      return watch.end(until: deadline, done)
    case .interceptor(let interceptor):
      return try bus.release(interceptor, until: deadline, done: done)
    case .route(let route):
      try bus.remove(route)
      return .ended
    case .eventType(let type):
      try bus.withdraw(type)
      return .ended
    case .responder(let responder):
      let ending = try instance.core.responders.withdraw(responder, until: deadline)
      if responder.role == .validates { instance.core.installValidators() }
      if ending == .pending, let callable = responder.lastCallable { bus.whenEnded(callable, done) }
      return ending
    case .snapshot: return .ended
    case .request(let round):
      round.end(.cancelled)
      return .ended
    }
  }

  /// Makes the call, while there is somebody to call; answers whether it crashed.
  private static func complete(_ completion: Completion, _ instance: PluginInstance) -> Bool {
    guard instance.mode != .gone else { return false }
    let result = unsafe PluginCall.run(instance.lifecycle) { _ in
      unsafe completion.call(completion.context, DVT_OK)
      return 0
    }
    guard result.failure == .crashed else { return false }
    instance.core.onCrash(instance, result.fault, "a completion")
    return true
  }
}
