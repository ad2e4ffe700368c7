import Synchronization

/// Some changes in a row, which the writer adds to while watches read.
///
/// Threading: `append` by the store's one writer; reading on any thread, without a lock.
@safe final class HistoryChunk: @unchecked Sendable {
  // Safe: a slot is written once, before `filled` says that it is there, and lives as long as the chunk.
  private let slots: UnsafeMutablePointer<MetadataChange>
  private let filled = Atomic(0)
  private let capacity: Int
  /// The position of the first change.
  let start: UInt64

  init(at start: UInt64, capacity: Int) {
    self.start = start
    self.capacity = capacity
    unsafe slots = .allocate(capacity: capacity)
  }

  deinit {
    unsafe slots.deinitialize(count: filled.load(ordering: .acquiring))
    unsafe slots.deallocate()
  }

  /// How many changes are there.
  var count: Int { filled.load(ordering: .acquiring) }
  /// The position after the last change.
  var end: UInt64 { start + UInt64(count) }
  var isFull: Bool { count == capacity }

  /// Whether a position is one of this chunk's, be it that of a change to come.
  func holds(_ position: UInt64) -> Bool {
    position >= start && position < start + UInt64(capacity)
  }

  /// Adds a change; there must be room.
  func append(_ change: MetadataChange) {
    let count = filled.load(ordering: .relaxed)
    unsafe (slots + count).initialize(to: change)
    filled.store(count + 1, ordering: .releasing)
  }

  /// The change at a place, 0…`count` - 1.
  subscript(place: Int) -> MetadataChange {
    precondition(place < count, "no change is there yet")
    return unsafe slots[place]
  }
}
