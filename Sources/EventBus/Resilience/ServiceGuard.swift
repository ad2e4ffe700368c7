import Synchronization

/// What the calls of one service of one provider pass, by caller.
///
/// Threading: any thread; its lock is taken only where callers have something of their own.
public final class ServiceGuard: Sendable {
  private let policy: ServicePolicy
  private let shared: CallGuard
  private let isSame: Bool
  private let own = Mutex<[String: CallGuard]>([:])
  private let make: @Sendable (_ caller: String, CallPolicy) -> CallGuard

  /// Describes what calls pass.
  ///
  /// - Parameters:
  ///   - policy: What holds.
  ///   - make: Makes the guard of a caller, or of all (with an empty id).
  init(_ policy: ServicePolicy, make: @escaping @Sendable (String, CallPolicy) -> CallGuard) {
    self.policy = policy
    self.make = make
    isSame = policy.callers.isEmpty && policy.common.perCaller.isEmpty
    shared = make("", policy.common)
  }

  /// What the calls of a caller pass.
  ///
  /// - Parameter caller: Id of the plugin, or `dovetail`.
  /// - Returns: The same each time.
  public func callGuard(of caller: String) -> CallGuard {
    if isSame { return shared }
    return own.withLock { own in
      if let known = own[caller] { return known }
      let policy = policy.policy(for: caller)
      let fresh =
        policy == self.policy.common && policy.perCaller.isEmpty ? shared : make(caller, policy)
      own[caller] = fresh
      return fresh
    }
  }
}
