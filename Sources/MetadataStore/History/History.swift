/// The last changes, numbered without gaps, in chunks of which the oldest is forgotten.
struct History {
  private var chunks: [HistoryChunk]
  private let capacity: Int
  private let chunkCapacity: Int
  /// The revision after which every change is held.
  private(set) var heldAfter: UInt64
  /// The last revision that was added.
  private(set) var revision: UInt64

  init(capacity: Int, revision: UInt64) {
    self.capacity = max(1, capacity)
    chunkCapacity = min(256, self.capacity)
    chunks = [HistoryChunk(at: 0, capacity: chunkCapacity)]
    heldAfter = revision
    self.revision = revision
  }

  /// The position after the last change.
  var end: UInt64 { chunks[chunks.count - 1].end }

  mutating func append(_ added: [MetadataChange], revision: UInt64) {
    self.revision = revision
    for change in added {
      if chunks[chunks.count - 1].isFull { begin() }
      chunks[chunks.count - 1].append(change)
    }
  }

  private mutating func begin() {
    chunks.append(HistoryChunk(at: end, capacity: chunkCapacity))
    guard end - chunks[1].start >= UInt64(capacity) else { return }
    let forgotten = chunks.removeFirst()
    heldAfter = forgotten[forgotten.count - 1].revision
  }

  /// The position of the first change after a revision, or `nil` when not all of them are held.
  func position(after revision: UInt64) -> UInt64? {
    guard revision >= heldAfter else { return nil }
    var position = end
    forEachReversed { change, place in
      if change.revision > revision { position = place }
      return change.revision > revision
    }
    return position
  }

  /// The chunk that a position is in; `nil` when it is no longer held.
  func chunk(at position: UInt64) -> HistoryChunk? {
    guard position >= chunks[0].start else { return nil }
    return chunks.last { $0.start <= position }
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
    guard limit > 0 else { return found }
    forEachReversed { change, _ in
      if change.isOf(collection, key) { found.append(change) }
      return found.count < limit
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
    forEachReversed { change, _ in
      guard change.revision > revision else { return false }
      if change.isOf(collection, key) { record = change.previous }
      return true
    }
    return record
  }

  private func forEachReversed(_ body: (MetadataChange, _ position: UInt64) -> Bool) {
    for chunk in chunks.reversed() {
      for place in stride(from: chunk.count - 1, through: 0, by: -1) {
        guard body(chunk[place], chunk.start + UInt64(place)) else { return }
      }
    }
  }
}

extension MetadataChange {
  fileprivate func isOf(_ collection: String, _ key: String) -> Bool {
    record.collection == collection && record.key.utf8.elementsEqual(key.utf8)
  }
}
