import CHostSupport
public import HostSupport
import Synchronization

/// Who offers which service.
///
/// A call looks the name up and runs on the caller's thread, behind the provider's gate and under its guard.
/// Threading: any thread; no lock is held while a service runs.
@safe public final class ServiceRegistry: @unchecked Sendable {
  // Safe: everything mutable is inside `offers`.
  private let offers = Mutex(Offers<Service>())
  /// The breakers, bulkheads and rate limits of services.
  public let guards = CallGuards()

  /// Starts without services.
  public init() {}

  /// Offers a service.
  ///
  /// - Parameters:
  ///   - service: What is offered.
  ///   - shadow: Whether it takes effect only when its generation commits.
  /// - Throws: `BusError.serviceTaken` when another party, or an earlier offer, has the name.
  public func provide(_ service: Service, shadow: Bool) throws(BusError) {
    try offers.withLock { offers throws(BusError) in
      if shadow,
        offers.shadow.contains(where: { $0.kin == service.kin && $0.owner == service.owner })
      {
        throw .nameTaken(service.name)
      }
      // In the shadow waits who is to take the place of the same party's earlier offer.
      if let holder = offers.active[service.kin],
        !shadow || holder.owner.name != service.owner.name
      {
        throw .serviceTaken(service.name, by: "\(holder.owner)")
      }
      service.guarding = guards.serviceGuard(of: service.name, by: service.owner.name)
      offers.add(service, shadow: shadow)
    }
    if !shadow { guards.probe(provider: service.owner.name, service: service.name) }
  }

  /// Has other policies hold for calls from now on; see `CallGuards.set`.
  ///
  /// - Parameters:
  ///   - preset: What holds for breakers that callers name, where no policy has one.
  ///   - source: What holds for a service; `nil` when nothing does for any.
  public func setPolicies(preset: CallPolicy, _ source: CallGuards.Source?) {
    guards.set(preset: preset, source)
    offers.withLock { offers in
      for service in offers.all {
        service.guarding = guards.serviceGuard(of: service.name, by: service.owner.name)
      }
      hs_services_changed()
    }
  }

  /// Ends an offer; see `EventBus.unsubscribe`.
  ///
  /// - Returns: `.pending` when a call still runs at the deadline, or waits for the caller.
  /// - Throws: `BusError.gone` when it had ended.
  public func withdraw(
    _ service: Service, until deadline: Deadline
  ) throws(BusError) -> Callable.Ending {
    let callable = try offers.withLock { offers throws(BusError) in
      guard offers.remove(service) else { throw .gone }
      hs_services_changed()
      return service.callable
    }
    return callable?.end(until: deadline) ?? .ended
  }

  /// Calls a service and waits for its answer.
  ///
  /// - Parameters:
  ///   - name: Of the service.
  ///   - body: Makes the call with the service found, and what its calls pass; runs while that service cannot be freed.
  /// - Returns: What `body` returns.
  /// - Throws: `BusError.noSuchService`.
  public func withService<Result>(
    _ name: String, _ body: (Service, Callable, ServiceGuard?) -> Result
  ) throws(BusError) -> Result {
    hs_pin_self()
    defer { hs_unpin_self() }
    let found = offers.withLock { offers -> (Service, Callable, ServiceGuard?)? in
      guard let service = offers.active[name], let callable = service.callable else { return nil }
      return (service, callable, service.guarding)
    }
    guard let (service, callable, guarding) = found else { throw .noSuchService(name) }
    return body(service, callable, guarding)
  }

  /// Who offers a service now.
  public func provider(of name: String) -> Owner? { offers.withLock { $0.active[name]?.owner } }

  /// The services that are offered, by name.
  public var all: [Service] {
    offers.withLock { Array($0.active.values) }.sorted { $0.name < $1.name }
  }

  /// The callables of an owner's active services, for its gate.
  public func callables(of owner: Owner) -> [Callable] {
    offers.withLock { $0.active(of: owner).compactMap(\.callable) }
  }

  /// Swaps one generation's offers for another's; waiting calls pass to the successor of the same name.
  public func handOver(from old: Owner, to new: Owner) {
    offers.withLock { offers in
      offers.handOver(from: old, to: new)
      hs_services_changed()
    }
    guards.probe(provider: new.name)
  }

  /// Forgets offers that never took effect, or no longer can.
  public func forget(_ owner: Owner) { offers.withLock { $0.forget(owner) } }

  /// Ends all of an owner's offers.
  ///
  /// - Returns: How many calls were still running at the deadline.
  public func revoke(_ owner: Owner, until deadline: Deadline) -> Int {
    let ended = offers.withLock { offers in
      defer { hs_services_changed() }
      return offers.revoke(owner)
    }
    return ended.filter { $0.callable?.end(until: deadline) == .pending }.count
  }
}
