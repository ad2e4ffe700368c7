import CHostSupport

/// One registration of who answers requests to topics, or combines the answers. Owner's name and own name together outlive a
/// reload.
///
/// Threading: mutable parts are touched under the registry's lock only.
@safe public final class Responder: Offer, @unchecked Sendable {
  // Safe: `callable` and `ordinal` change under the registry's lock; the rest is immutable.
  /// What it does.
  public enum Role: Sendable, Hashable {
    /// It answers.
    case answers
    /// It makes one reply of all.
    case combines
    /// It judges what is written to collections of the metadata store.
    case validates
  }

  /// Whose it is.
  public let owner: Owner
  /// Unique in its owner and role.
  public let name: String
  /// The topics whose requests it gets, or the collections whose writes it judges.
  public let pattern: TopicPattern
  /// Higher first; ties by order of registration.
  public let priority: Int32
  /// What it does.
  public let role: Role
  /// The user of its entry.
  public let user: UnsafeMutableRawPointer?
  private let keepAlive: AnyObject?
  /// Whose gate its calls pass.
  private let caller: Owner
  var ordinal: UInt64 = 0
  var callable: Callable?

  /// Describes a registration.
  ///
  /// - Parameters:
  ///   - role: What it does.
  ///   - owner: Whose it is.
  ///   - name: Unique in its owner and role.
  ///   - pattern: The topics whose requests it gets.
  ///   - priority: Higher first.
  ///   - user: What its calls need; must live as long as `keepAlive`.
  ///   - keepAlive: Released when nobody can call any more.
  ///   - caller: Whose gate its calls pass; `nil` for the owner's.
  public init(
    _ role: Role, owner: Owner, name: String, pattern: TopicPattern, priority: Int32,
    user: UnsafeMutableRawPointer?, keepAlive: AnyObject?, caller: Owner? = nil
  ) {
    self.role = role
    self.owner = owner
    self.name = name
    self.pattern = pattern
    self.priority = priority
    unsafe self.user = unsafe user
    self.keepAlive = keepAlive
    self.caller = caller ?? owner
  }

  func arm() {
    let callable = unsafe Callable(
      owner: caller, inPlugin: true,
      label: "\(role == .validates ? "validator" : "responder") \(name)",
      keepAlive: keepAlive)
    unsafe hs_entry_set_user(callable.entry, user)
    self.callable = callable
  }

  /// Its callable; read it only once the registration has ended.
  public var lastCallable: Callable? { callable }

  /// The same registration in every generation.
  struct Kin: Hashable {
    let owner: String
    let name: String
    let role: Role
  }

  var kin: Kin { Kin(owner: owner.name, name: name, role: role) }

  func succeed(_ former: Responder) { ordinal = former.ordinal }
}
