import MetadataStore
import Synchronization

/// The collections that a plugin was found to be permitted, by number, so that the patterns are asked once.
///
/// Threading: any thread, no locks.
final class PermittedCollections: Sendable {
  private static let count = 64
  /// A collection's number and one, in the place of its lowest bits; 0 for none. Another collection may take the place.
  private let places = InlineArray<64, Atomic<UInt32>> { _ in Atomic(0) }

  /// Whether a collection was found to be permitted; `false` also when it was forgotten.
  @inline(__always)
  func has(_ number: UInt32) -> Bool {
    places[Int(number) & (Self.count - 1)].load(ordering: .relaxed) == number &+ 1
  }

  /// Remembers that a collection is permitted.
  func add(_ number: UInt32) {
    places[Int(number) & (Self.count - 1)].store(number &+ 1, ordering: .relaxed)
  }
}
