import CHostSupport

/// One offer of a service.
///
/// Threading: `callable` and `guarding` are touched under the registry's lock only.
@safe public final class Service: Offer, @unchecked Sendable {
  // Safe: `callable` and `guarding` change under the registry's lock; the rest is immutable.
  /// The name that callers use.
  public let name: String
  /// Who offers it.
  public let owner: Owner
  /// What the caller's thunk needs to make the call: the user of its entry.
  public let context: UnsafeMutableRawPointer?
  private let keepAlive: AnyObject?
  var callable: Callable?
  /// What its calls pass; `nil` when nothing holds for them. It changes under the registry's lock.
  var guarding: ServiceGuard?

  /// Its callable; read it only once the offer has ended.
  public var lastCallable: Callable? { callable }

  /// Describes an offer.
  ///
  /// - Parameters:
  ///   - name: A topic name.
  ///   - owner: Who offers it.
  ///   - context: What the caller's thunk needs; must live as long as this value and its calls.
  ///   - keepAlive: Released when nobody can call any more.
  public init(
    name: String, owner: Owner, context: UnsafeMutableRawPointer?, keepAlive: AnyObject? = nil
  ) {
    self.name = name
    self.keepAlive = keepAlive
    self.owner = owner
    unsafe self.context = unsafe context
  }

  /// There is one offer of a name.
  var kin: String { name }

  func succeed(_ former: Service) {}

  func arm() {
    let callable = unsafe Callable(
      owner: owner, inPlugin: true, label: "service \(name)", keepAlive: keepAlive)
    unsafe hs_entry_set_user(callable.entry, context)
    self.callable = callable
  }
}
