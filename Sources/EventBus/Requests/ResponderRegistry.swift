import CHostSupport
public import HostSupport
import Synchronization

/// Who answers requests to which topics, and who judges writes to which collections.
///
/// Threading: any thread; no lock is held while a responder runs.
@safe public final class ResponderRegistry: @unchecked Sendable {
  // Safe: everything mutable is inside `state`.
  private struct State {
    var offers = Offers<Responder>()
    var ordinal: UInt64 = 0
  }

  /// Registrations that an owner may have.
  public static let most = 1024

  private let state = Mutex(State())

  /// Starts without responders.
  public init() {}

  /// Registers a responder or combiner.
  ///
  /// - Parameters:
  ///   - responder: Who answers what.
  ///   - shadow: Whether it takes effect only when its generation commits.
  /// - Throws: `BusError.nameTaken` or `.full`.
  public func add(_ responder: Responder, shadow: Bool) throws(BusError) {
    try state.withLock { state throws(BusError) in
      let own =
        state.offers.active(of: responder.owner)
        + state.offers.shadow.filter { $0.owner == responder.owner }
      guard own.count < Self.most else {
        throw .full("responder: \(responder.owner) has \(own.count)")
      }
      if own.contains(where: { $0.kin == responder.kin }) { throw .nameTaken(responder.name) }
      state.ordinal += 1
      responder.ordinal = state.ordinal
      state.offers.add(responder, shadow: shadow)
    }
  }

  /// Ends a registration; see `EventBus.unsubscribe`.
  ///
  /// - Returns: `.pending` when a call still runs at the deadline, or waits for the caller.
  /// - Throws: `BusError.gone` when it had ended.
  public func withdraw(
    _ responder: Responder, until deadline: Deadline
  ) throws(BusError) -> Callable.Ending {
    let callable = try state.withLock { state throws(BusError) in
      guard state.offers.remove(responder) else { throw .gone }
      return responder.callable
    }
    return callable?.end(until: deadline) ?? .ended
  }

  /// Who does something for a topic, higher priority first, then in the order of registration.
  public func all(_ role: Responder.Role, for topic: String) -> [Responder] {
    state.withLock { state in
      state.offers.active.values.filter { $0.role == role && $0.pattern.matches(topic) }
    }.sorted { ($1.priority, $0.ordinal) < ($0.priority, $1.ordinal) }
  }

  /// Who does something, higher priority first, then in the order of registration.
  public func all(_ role: Responder.Role) -> [Responder] {
    state.withLock { state in state.offers.active.values.filter { $0.role == role } }
      .sorted { ($1.priority, $0.ordinal) < ($0.priority, $1.ordinal) }
  }

  /// Calls a responder, or who has taken its place since it was looked up.
  ///
  /// - Parameters:
  ///   - responder: As it was found.
  ///   - body: Makes the call; runs while the callable cannot be freed.
  /// - Returns: What `body` returns; `nil` when nobody is left.
  public func with<Result>(_ responder: Responder, _ body: (Callable) -> Result) -> Result? {
    with(responder.kin, body)
  }

  /// Calls who does something under a name now.
  ///
  /// - Parameters:
  ///   - role: What it does.
  ///   - owner: The owner's name.
  ///   - name: Its own.
  ///   - body: Makes the call; runs while the callable cannot be freed.
  /// - Returns: What `body` returns; `nil` when there is nobody.
  public func with<Result>(
    _ role: Responder.Role, of owner: String, named name: String, _ body: (Callable) -> Result
  ) -> Result? {
    with(Responder.Kin(owner: owner, name: name, role: role), body)
  }

  private func with<Result>(_ kin: Responder.Kin, _ body: (Callable) -> Result) -> Result? {
    hs_pin_self()
    defer { hs_unpin_self() }
    let callable = state.withLock { $0.offers.active[kin]?.callable }
    return callable.map(body)
  }

  /// The callables of an owner's registrations, for its gate.
  ///
  /// - Parameters:
  ///   - owner: The owner.
  ///   - validating: Whether those that judge writes are meant, or all others.
  /// - Returns: The callables.
  public func callables(of owner: Owner, validating: Bool) -> [Callable] {
    state.withLock { state in
      state.offers.active(of: owner).filter { ($0.role == .validates) == validating }
        .compactMap(\.callable)
    }
  }

  /// Swaps one generation's registrations for another's; waiting calls pass to the successor of the same name.
  public func handOver(from old: Owner, to new: Owner) {
    state.withLock { $0.offers.handOver(from: old, to: new) }
  }

  /// Forgets registrations that never took effect, or no longer can.
  public func forget(_ owner: Owner) { state.withLock { $0.offers.forget(owner) } }

  /// Ends all of an owner's registrations.
  ///
  /// - Returns: How many calls were still running at the deadline.
  public func revoke(_ owner: Owner, until deadline: Deadline) -> Int {
    let ended = state.withLock { $0.offers.revoke(owner) }
    return ended.filter { $0.callable?.end(until: deadline) == .pending }.count
  }
}
