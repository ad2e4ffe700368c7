import CDovetail
import EventBus
import HostSupport
import Synchronization

/// The providers that plugins offer.
///
/// Threading: any thread; no lock is held while a provider runs.
final class PersistenceRegistry: Sendable {
  private let offers = Mutex<[PersistenceOffer]>([])

  /// Adds an offer. A plugin that is being reloaded may offer what its former generation does.
  ///
  /// - Throws: DVT_EXISTS when another plugin, or this generation, offers that name.
  func add(_ offer: PersistenceOffer) throws(ErrorReport) {
    let other = offers.withLock { offers -> PersistenceOffer? in
      let other = offers.first {
        $0.name == offer.name
          && ($0.owner.name != offer.owner.name || $0.owner == offer.owner)
      }
      if other == nil { offers.append(offer) }
      return other
    }
    guard let other else { return }
    throw ErrorReport(
      DVT_EXISTS,
      "the provider '\(offer.name)' is offered by \(other.owner); take another name")
  }

  /// The latest offer of a name.
  func offer(_ name: String) -> PersistenceOffer? {
    offers.withLock { $0.last { $0.name == name } }
  }

  /// Names of all offers, sorted.
  var names: [String] { offers.withLock { Array(Set($0.map(\.name))).sorted() } }

  /// Takes back what a generation offers.
  ///
  /// - Returns: Calls that still ran at the deadline.
  func revoke(_ owner: Owner, until deadline: Deadline) -> Int {
    let taken = offers.withLock { offers in
      let taken = offers.filter { $0.owner == owner }
      offers.removeAll { $0.owner == owner }
      return taken
    }
    return taken.count { $0.callable.end(until: deadline) == .pending }
  }
}
