/// What a party registers for others to call, and what a reload hands over: a service, a responder.
///
/// Its mutable parts are touched under the lock of who keeps it.
protocol Offer: AnyObject {
  /// What the registrations of two generations have in common when one takes the other's place. At most one is active.
  associatedtype Kin: Hashable

  var kin: Kin { get }
  var owner: Owner { get }
  /// Set while it is active.
  var callable: Callable? { get set }

  /// Makes a fresh callable: it is about to serve.
  func arm()
  /// Takes over what belongs to the place and not to the generation.
  func succeed(_ former: Self)
}
