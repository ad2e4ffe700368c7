import CHostSupport

/// One registration of an interceptor. Owner's name and own name together outlive a reload.
///
/// Threading: mutable parts are touched under the bus's lock only.
@safe public final class Interceptor: @unchecked Sendable {
  // Safe: `standing`, `ordinal` and `callable` change under the lock of the bus; the rest is immutable.
  enum Standing { case shadow, active, suspended, ended }

  /// Judges an event by a call of the callable; the event is borrowed.
  public typealias Judge =
    @Sendable (Interceptor, Callable, UnsafeMutableRawPointer?) -> EventVerdict

  /// Whose it is.
  public let owner: Owner
  /// Unique in its owner.
  public let name: String
  /// As it was asked for.
  public let options: InterceptorOptions
  /// The user of its entry.
  public let user: UnsafeMutableRawPointer?
  private let keepAlive: AnyObject?
  let judge: Judge
  var ordinal: UInt64
  var standing: Standing
  var callable: Callable?

  init(
    owner: Owner, name: String, options: InterceptorOptions, context: UnsafeMutableRawPointer?,
    keepAlive: AnyObject?, ordinal: UInt64, standing: Standing, judge: @escaping Judge
  ) {
    self.owner = owner
    self.name = name
    self.options = options
    unsafe user = unsafe context
    self.keepAlive = keepAlive
    self.ordinal = ordinal
    self.standing = standing
    unsafe self.judge = judge
  }

  /// Makes a fresh callable: it is about to serve. When `gated`, calls wait until its state is set.
  func arm(gated: Bool) {
    let callable = unsafe Callable(
      owner: owner, inPlugin: true, label: "interceptor \(name)", keepAlive: keepAlive)
    unsafe hs_entry_set_user(callable.entry, user)
    if gated { callable.setState(HS_GATED) }
    self.callable = callable
    standing = .active
  }
}
