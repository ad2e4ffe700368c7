import CHostSupport

/// The offers of all parties: those that serve, those that wait for their generation's commit, those that gave way to another
/// generation. Not thread-safe: it lies under its registry's lock.
struct Offers<Element: Offer> {
  private(set) var active: [Element.Kin: Element] = [:]
  private(set) var shadow: [Element] = []
  private var suspended: [Element] = []

  /// Adds an offer; one that is not in the shadow serves at once.
  mutating func add(_ offer: Element, shadow isShadow: Bool) {
    if isShadow { return shadow.append(offer) }
    offer.arm()
    active[offer.kin] = offer
  }

  /// Takes an offer away.
  ///
  /// - Returns: Whether it was there.
  mutating func remove(_ offer: Element) -> Bool {
    if active[offer.kin] === offer {
      active[offer.kin] = nil
      return true
    }
    let before = shadow.count + suspended.count
    shadow.removeAll { $0 === offer }
    suspended.removeAll { $0 === offer }
    return shadow.count + suspended.count < before
  }

  /// All of them, serving or not.
  var all: [Element] { Array(active.values) + shadow + suspended }

  /// The offers of an owner that serve.
  func active(of owner: Owner) -> [Element] { active.values.filter { $0.owner == owner } }

  /// Swaps one generation's offers for another's; waiting calls pass to the successor.
  mutating func handOver(from old: Owner, to new: Owner) {
    let former = active(of: old)
    let coming = (shadow + suspended).filter { $0.owner == new }
    forget(new)
    for offer in former { active[offer.kin] = nil }
    for offer in coming {
      if let predecessor = former.first(where: { $0.kin == offer.kin }) {
        offer.succeed(predecessor)
      }
      offer.arm()
      active[offer.kin] = offer
    }
    for offer in former {
      let successor = active[offer.kin].flatMap { $0.owner == new ? $0 : nil }
      offer.callable?.move(to: successor?.callable)
      offer.callable = nil
      suspended.append(offer)
    }
  }

  /// Forgets offers that never took effect, or no longer can.
  mutating func forget(_ owner: Owner) {
    shadow.removeAll { $0.owner == owner }
    suspended.removeAll { $0.owner == owner }
  }

  /// Takes all of an owner's offers away.
  ///
  /// - Returns: Those that served; their calls may still be running.
  mutating func revoke(_ owner: Owner) -> [Element] {
    forget(owner)
    let ended = active(of: owner)
    for offer in ended { active[offer.kin] = nil }
    return ended
  }
}
