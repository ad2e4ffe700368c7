/// The newest states of the records that a group of transactions changes, by identity, in the order in which they were first changed.
///
/// An open hash of places: of ten thousand records in a transaction each is looked up, and none of their names is copied for it.
struct LatestRecords {
  /// What became of a record.
  struct Entry {
    /// As it is, or as it was before its removal.
    var record: MetadataRecord
    var isRemoved: Bool
  }

  /// The newest states.
  private(set) var entries: [Entry] = []
  /// Places in `entries`, plus one; 0 for none.
  private var slots: [UInt32] = []
  /// How many entries are settled, and what those were that were changed since.
  private var settled = 0
  private var formers: [(place: Int, entry: Entry)] = []

  /// The newest state of a record; `nil` when the group did not change it.
  func find(
    _ hash: UInt64, _ collection: UnsafeBufferPointer<UInt8>, _ key: UnsafeBufferPointer<UInt8>
  ) -> Entry? {
    unsafe place(hash, collection, key).map { entries[$0] }
  }

  /// Notes what became of a record.
  mutating func set(_ record: MetadataRecord, isRemoved: Bool) {
    let block = record.block
    let entry = Entry(record: record, isRemoved: isRemoved)
    if let place = unsafe place(block.header.hash, block.header.collection.bytes, block.key) {
      if place < settled { formers.append((place, entries[place])) }
      entries[place] = entry
      return
    }
    entries.append(entry)
    if entries.count * 2 > slots.count { grow() } else { enter(entries.count - 1) }
  }

  /// Makes what was noted last.
  mutating func settle() {
    settled = entries.count
    formers.removeAll(keepingCapacity: true)
  }

  /// Forgets what was noted since it was last settled.
  mutating func takeBack() {
    // The last one first: until then others may have been entered behind it.
    while entries.count > settled {
      slots[slot(of: entries.count - 1)] = 0
      entries.removeLast()
    }
    for former in formers.reversed() { entries[former.place] = former.entry }
    formers.removeAll(keepingCapacity: true)
  }

  private func place(
    _ hash: UInt64, _ collection: UnsafeBufferPointer<UInt8>, _ key: UnsafeBufferPointer<UInt8>
  ) -> Int? {
    guard !slots.isEmpty else { return nil }
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] != 0 {
      let place = Int(slots[slot]) - 1
      let block = entries[place].record.block
      if block.header.hash == hash, unsafe ByteOrder.compare(block.key, key) == 0,
        unsafe block.header.collection.hasBytes(collection)
      {
        return place
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  private func slot(of place: Int) -> Int {
    var slot = Int(truncatingIfNeeded: entries[place].record.block.header.hash) & (slots.count - 1)
    while slots[slot] != UInt32(place + 1) { slot = (slot + 1) & (slots.count - 1) }
    return slot
  }

  private mutating func enter(_ place: Int) {
    var slot = Int(truncatingIfNeeded: entries[place].record.block.header.hash) & (slots.count - 1)
    while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = UInt32(place + 1)
  }

  private mutating func grow() {
    slots = Array(repeating: 0, count: max(16, slots.count * 4))
    for place in entries.indices { enter(place) }
  }
}
