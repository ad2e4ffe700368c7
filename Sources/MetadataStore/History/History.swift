/// The last changes, numbered without gaps, in a ring that forgets the oldest.
struct History {
  /// What is read from a position on.
  enum Reading {
    /// Changes and the position after them.
    case changes([MetadataChange], next: UInt64)
    /// The position is no longer held: go on at `next`, which is after revision `revision`.
    case lost(next: UInt64, revision: UInt64)
  }

  private var changes: [MetadataChange] = []
  private var first: UInt64 = 0
  private let capacity: Int
  /// The revision after which every change is held.
  private(set) var heldAfter: UInt64
  /// The last revision that was added.
  private(set) var revision: UInt64

  init(capacity: Int, revision: UInt64) {
    self.capacity = max(1, capacity)
    heldAfter = revision
    self.revision = revision
  }

  /// The position after the last change.
  var end: UInt64 { first + UInt64(changes.count) }

  mutating func append(_ added: [MetadataChange], revision: UInt64) {
    self.revision = revision
    changes.append(contentsOf: added)
    // Forgetting in strides keeps the cost of moving the array down to a constant for each change.
    guard changes.count > 2 * capacity else { return }
    let forgotten = changes.count - capacity
    heldAfter = changes[forgotten - 1].revision
    changes.removeFirst(forgotten)
    first += UInt64(forgotten)
  }

  /// The position of the first change after a revision, or `nil` when not all of them are held.
  func position(after revision: UInt64) -> UInt64? {
    guard revision >= heldAfter else { return nil }
    var low = 0
    var high = changes.count
    while low < high {
      let middle = (low + high) / 2
      if changes[middle].revision <= revision { low = middle + 1 } else { high = middle }
    }
    return first + UInt64(low)
  }

  /// The changes of one record that are held, newest first.
  ///
  /// - Parameters:
  ///   - collection: Its collection.
  ///   - key: Its key.
  ///   - limit: The most to return.
  /// - Returns: The changes.
  func changes(of collection: String, _ key: String, limit: Int) -> [MetadataChange] {
    var found: [MetadataChange] = []
    for change in changes.reversed() where found.count < limit {
      if change.record.collection == collection, change.record.key.utf8.elementsEqual(key.utf8) {
        found.append(change)
      }
    }
    return found
  }

  /// A record as it was at a revision.
  ///
  /// - Parameters:
  ///   - current: The record now.
  ///   - collection: Its collection.
  ///   - key: Its key.
  ///   - revision: A revision not before `heldAfter`.
  /// - Returns: `nil` when there was no such record.
  func record(
    _ current: MetadataRecord?, _ collection: String, _ key: String, at revision: UInt64
  ) -> MetadataRecord? {
    var record = current
    for change in changes.reversed() {
      if change.revision <= revision { break }
      if change.record.collection == collection, change.record.key.utf8.elementsEqual(key.utf8) {
        record = change.previous
      }
    }
    return record
  }

  func read(from position: UInt64, limit: Int) -> Reading {
    guard position >= first else { return .lost(next: end, revision: revision) }
    let start = min(Int(position - first), changes.count)
    let end = min(start + limit, changes.count)
    // A copy: a slice would share the array, which the next change would have to copy whole.
    return .changes(Array(changes[start..<end]), next: first + UInt64(end))
  }
}
