import Synchronization

/// Every record of the store by collection and key, as it is now: readers take no lock and wait for nobody.
///
/// Open addressing with linear probing; a slot is one word with the record's address and 16 bits of its hash. One writer at a time
/// changes it. A record that was replaced, and a table that was outgrown, are let go when no reader can still see them.
///
/// Threading: `find` on any thread, everything else by the store's one writer.
@safe final class RecordTable: @unchecked Sendable {
  // Safe: a slot's address is that of a record that the store's tree holds, or that `Retired` holds until no reader sees it.
  enum Finding {
    case found(MetadataRecord)
    case absent
    /// A transaction of several records is being shown: ask the snapshot.
    case busy
  }

  private static let removed: UInt = 1
  private static let addressMask: UInt = (1 << 48) - 1

  /// Address of the slots; the word before them is their number less one.
  private let slots: Atomic<UInt>
  /// Odd while several records change together.
  private let sequence = Atomic<UInt>(0)
  private let phases = ReadPhases()
  /// Slots that are or were taken.
  private var used = 0
  private var live = 0
  private let retired = Retired()

  /// The table of the records of a root.
  init(of root: StoreRoot) {
    slots = Atomic(Self.allocate(Self.capacity(for: root.count)))
    for collection in root.collections.values {
      collection.records.forEach { record in
        add(record)
        return true
      }
    }
  }

  private static func capacity(for count: Int) -> Int {
    var capacity = 64
    while capacity < count * 2 + 16 { capacity *= 2 }
    return capacity
  }

  deinit { Self.free(slots.load(ordering: .relaxed)) }

  // MARK: Reading

  /// Finds a record.
  ///
  /// - Parameters:
  ///   - hash: `KeyHash` of both.
  ///   - collection: The collection's name.
  ///   - key: The key.
  /// - Returns: The record, that there is none, or that it cannot be told just now.
  func find(
    _ hash: UInt64, _ collection: UnsafeBufferPointer<UInt8>, _ key: UnsafeBufferPointer<UInt8>
  ) -> Finding {
    let reader = phases.enter()
    defer { phases.leave(reader) }
    let before = sequence.load(ordering: .acquiring)
    guard before & 1 == 0 else { return .busy }
    let record = unsafe probe(hash, collection, key)
    atomicMemoryFence(ordering: .acquiring)
    guard sequence.load(ordering: .relaxed) == before else { return .busy }
    guard let record else { return .absent }
    return .found(MetadataRecord(record))
  }

  /// Finds a record, for the writer.
  func findAsWriter(
    _ hash: UInt64, _ collection: UnsafeBufferPointer<UInt8>, _ key: UnsafeBufferPointer<UInt8>
  ) -> MetadataRecord? {
    unsafe probe(hash, collection, key).map { MetadataRecord($0) }
  }

  private func probe(
    _ hash: UInt64, _ collection: UnsafeBufferPointer<UInt8>, _ key: UnsafeBufferPointer<UInt8>
  ) -> RecordBlock? {
    let table = unsafe Self.words(slots.load(ordering: .acquiring))
    let mask = unsafe table[-1].load(ordering: .relaxed)
    let tag = UInt(hash >> 48)
    var index = UInt(truncatingIfNeeded: hash) & mask
    while true {
      let word = unsafe table[Int(index)].load(ordering: .acquiring)
      if word == 0 { return nil }
      if word >> 48 == tag, let address = unsafe Self.address(word) {
        let block = unsafe Unmanaged<RecordBlock>.fromOpaque(address)
        let found = unsafe block._withUnsafeGuaranteedRef { block -> RecordBlock? in
          guard block.header.hash == hash,
            unsafe ByteOrder.compare(block.key, key) == 0,
            unsafe block.header.collection.hasBytes(collection)
          else { return nil }
          return block
        }
        if let found { return found }
      }
      index = (index + 1) & mask
    }
  }

  // MARK: Writing

  /// Lets several changes appear at once.
  ///
  /// - Parameter body: Makes them.
  func together(_ body: () -> Void) {
    sequence.wrappingAdd(1, ordering: .acquiringAndReleasing)
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    body()
    sequence.wrappingAdd(1, ordering: .releasing)
  }

  /// Shows a record in place of the former one, if there was one.
  func set(_ record: MetadataRecord, replacing former: MetadataRecord?) {
    if let former {
      let index = index(of: former)
      unsafe words[index].store(Self.word(record), ordering: .releasing)
      retire(former)
    } else {
      let capacity = unsafe words[-1].load(ordering: .relaxed) + 1
      if UInt(used + 1) * 8 > capacity * 5 { rebuild(for: live + 1) }
      add(record)
    }
  }

  /// Shows a record no longer.
  func remove(_ record: MetadataRecord) {
    unsafe words[index(of: record)].store(Self.removed, ordering: .releasing)
    live -= 1
    retire(record)
  }

  private func add(_ record: MetadataRecord) {
    let table = unsafe words
    let mask = unsafe table[-1].load(ordering: .relaxed)
    var index = UInt(truncatingIfNeeded: record.block.header.hash) & mask
    while true {
      let word = unsafe table[Int(index)].load(ordering: .relaxed)
      if word == 0 || word == Self.removed {
        unsafe table[Int(index)].store(Self.word(record), ordering: .releasing)
        if word == 0 { used += 1 }
        live += 1
        return
      }
      index = (index + 1) & mask
    }
  }

  private func index(of record: MetadataRecord) -> Int {
    let table = unsafe words
    let mask = unsafe table[-1].load(ordering: .relaxed)
    let sought = Self.word(record)
    var index = UInt(truncatingIfNeeded: record.block.header.hash) & mask
    while true {
      let word = unsafe table[Int(index)].load(ordering: .relaxed)
      if word == sought { return Int(index) }
      precondition(word != 0, "a record of the store is not in its table")
      index = (index + 1) & mask
    }
  }

  private func rebuild(for count: Int) {
    let former = slots.load(ordering: .relaxed)
    let table = unsafe Self.words(former)
    let capacity = unsafe Int(table[-1].load(ordering: .relaxed)) + 1
    let grown = Self.capacity(for: count)
    let base = Self.allocate(grown)
    let fresh = unsafe Self.words(base)
    for slot in 0..<capacity {
      let word = unsafe table[slot].load(ordering: .relaxed)
      guard word != Self.removed, let address = unsafe Self.address(word) else { continue }
      let hash = unsafe Unmanaged<RecordBlock>.fromOpaque(address)._withUnsafeGuaranteedRef {
        $0.header.hash
      }
      var index = Int(truncatingIfNeeded: hash) & (grown - 1)
      while unsafe fresh[index].load(ordering: .relaxed) != 0 { index = (index + 1) & (grown - 1) }
      unsafe fresh[index].store(word, ordering: .relaxed)
    }
    slots.store(base, ordering: .releasing)
    used = live
    retired.add { Self.free(former) }
    retired.release(phases)
  }

  private func retire(_ record: MetadataRecord) {
    retired.add(record)
    retired.release(phases)
  }

  // MARK: Words

  private var words: UnsafeMutablePointer<Atomic<UInt>> {
    unsafe Self.words(slots.load(ordering: .relaxed))
  }

  private static func word(_ record: MetadataRecord) -> UInt {
    let address = unsafe UInt(bitPattern: Unmanaged.passUnretained(record.block).toOpaque())
    return address | UInt(record.block.header.hash >> 48) << 48
  }

  private static func address(_ word: UInt) -> UnsafeRawPointer? {
    let address = word & addressMask
    return address > removed ? unsafe UnsafeRawPointer(bitPattern: address) : nil
  }

  private static func words(_ base: UInt) -> UnsafeMutablePointer<Atomic<UInt>> {
    guard let words = unsafe UnsafeMutablePointer<Atomic<UInt>>(bitPattern: base) else {
      preconditionFailure("a table without slots")
    }
    return unsafe words
  }

  private static func allocate(_ capacity: Int) -> UInt {
    let block = UnsafeMutablePointer<Atomic<UInt>>.allocate(capacity: capacity + 1)
    unsafe block.initialize(to: Atomic(UInt(capacity - 1)))
    for index in 1...capacity { unsafe (block + index).initialize(to: Atomic(0)) }
    return unsafe UInt(bitPattern: block + 1)
  }

  private static func free(_ base: UInt) {
    unsafe (words(base) - 1).deallocate()
  }
}
