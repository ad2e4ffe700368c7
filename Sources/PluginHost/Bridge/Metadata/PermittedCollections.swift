import MetadataStore
import Synchronization

/// The collections that a plugin was found to be permitted, by hash, so that the patterns are asked once.
///
/// Threading: any thread, no locks.
final class PermittedCollections: Sendable {
  private static let count: UInt64 = 64
  /// A collection's hash in the place of its lowest bits; 0 for none. Another collection may take the place.
  private let places = InlineArray<64, Atomic<UInt64>> { _ in Atomic(0) }

  /// Whether a collection was found to be permitted; `false` also when it was forgotten.
  @inline(__always)
  func has(_ hash: UInt64) -> Bool {
    places[Int(hash & (Self.count - 1))].load(ordering: .relaxed) == hash
  }

  /// Remembers that a collection is permitted.
  func add(_ hash: UInt64) {
    places[Int(hash & (Self.count - 1))].store(hash, ordering: .relaxed)
  }
}
