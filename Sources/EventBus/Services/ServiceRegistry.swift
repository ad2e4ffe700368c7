import CHostSupport
public import HostSupport
import Synchronization

/// Who offers which service.
///
/// A call looks the name up and runs on the caller's thread, behind the provider's gate and under its guard.
/// Threading: any thread; no lock is held while a service runs.
@safe public final class ServiceRegistry: @unchecked Sendable {
  // Safe: everything mutable is inside `state`.
  private struct State {
    var active: [String: Service] = [:]
    var shadow: [Service] = []
    var suspended: [Service] = []
  }

  private let state = Mutex(State())

  /// Starts without services.
  public init() {}

  /// Offers a service.
  ///
  /// - Parameters:
  ///   - service: What is offered.
  ///   - shadow: Whether it takes effect only when its generation commits.
  /// - Throws: `BusError.serviceTaken` when another party, or an earlier offer, has the name.
  public func provide(_ service: Service, shadow: Bool) throws(BusError) {
    try state.withLock { state throws(BusError) in
      if shadow {
        if state.shadow.contains(where: { $0.name == service.name && $0.owner == service.owner }) {
          throw .nameTaken(service.name)
        }
        if let holder = state.active[service.name], holder.owner.name != service.owner.name {
          throw .serviceTaken(service.name, by: "\(holder.owner)")
        }
        state.shadow.append(service)
        return
      }
      if let holder = state.active[service.name] {
        throw .serviceTaken(service.name, by: "\(holder.owner)")
      }
      service.arm()
      state.active[service.name] = service
    }
  }

  /// Ends an offer; see `EventBus.unsubscribe`.
  ///
  /// - Returns: `.pending` when a call still runs at the deadline, or waits for the caller.
  /// - Throws: `BusError.gone` when it had ended.
  public func withdraw(
    _ service: Service, until deadline: Deadline
  ) throws(BusError) -> Callable.Ending {
    let callable = try state.withLock { state throws(BusError) in
      let known = Self.remove(service, from: &state)
      guard known else { throw .gone }
      return service.callable
    }
    return callable?.end(until: deadline) ?? .ended
  }

  /// Calls a service and waits for its answer.
  ///
  /// - Parameters:
  ///   - name: Of the service.
  ///   - body: Makes the call with the service found; runs while that service cannot be freed.
  /// - Returns: What `body` returns.
  /// - Throws: `BusError.noSuchService`.
  public func withService<Result>(
    _ name: String, _ body: (Service, Callable) -> Result
  ) throws(BusError) -> Result {
    hs_pin_self()
    defer { hs_unpin_self() }
    let found = state.withLock { state -> (Service, Callable)? in
      guard let service = state.active[name], let callable = service.callable else { return nil }
      return (service, callable)
    }
    guard let (service, callable) = found else { throw .noSuchService(name) }
    return body(service, callable)
  }

  /// The services that are offered, by name.
  public var all: [Service] {
    state.withLock { Array($0.active.values) }.sorted { $0.name < $1.name }
  }

  /// The callables of an owner's active services, for its gate.
  public func callables(of owner: Owner) -> [Callable] {
    state.withLock { $0.active.values.filter { $0.owner == owner }.compactMap(\.callable) }
  }

  /// Swaps one generation's offers for another's; waiting calls pass to the successor of the same name.
  public func handOver(from old: Owner, to new: Owner) {
    state.withLock { state in
      let former = state.active.values.filter { $0.owner == old }
      let coming = (state.shadow + state.suspended).filter { $0.owner == new }
      state.shadow.removeAll { $0.owner == new }
      state.suspended.removeAll { $0.owner == new }
      for service in former { state.active[service.name] = nil }
      for service in coming {
        service.arm()
        state.active[service.name] = service
      }
      for service in former {
        let successor = state.active[service.name].flatMap { $0.owner == new ? $0 : nil }
        service.callable?.move(to: successor?.callable)
        service.callable = nil
        state.suspended.append(service)
      }
    }
  }

  /// Forgets offers that never took effect, or no longer can.
  public func forget(_ owner: Owner) {
    state.withLock { state in
      state.shadow.removeAll { $0.owner == owner }
      state.suspended.removeAll { $0.owner == owner }
    }
  }

  /// Ends all of an owner's offers.
  ///
  /// - Returns: How many calls were still running at the deadline.
  public func revoke(_ owner: Owner, until deadline: Deadline) -> Int {
    forget(owner)
    let services = state.withLock { state in
      let services = state.active.values.filter { $0.owner == owner }
      for service in services { state.active[service.name] = nil }
      return services
    }
    return services.filter { $0.callable?.end(until: deadline) == .pending }.count
  }

  private static func remove(_ service: Service, from state: inout State) -> Bool {
    if state.active[service.name] === service {
      state.active[service.name] = nil
      return true
    }
    let before = state.shadow.count + state.suspended.count
    state.shadow.removeAll { $0 === service }
    state.suspended.removeAll { $0 === service }
    return state.shadow.count + state.suspended.count < before
  }
}
