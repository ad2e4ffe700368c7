/// The records of a collection by key, as a value.
struct RecordTree: Sendable {
  private(set) var entries = SortedTree<RecordEntry>()
  private var window = KeyWindow()
  /// For those who have room for four bytes only.
  private(set) var narrowWindow = KeyWindow()
  /// Records that were put in since the windows were chosen, and that the narrow one tells nothing of.
  private var strangers = 0
  /// Larger trees keep the window that they have: to look at each record again would hold up the writer.
  private static let mostAdapted = 200_000

  /// No records.
  init() {}

  /// Records that are in order of their keys.
  init(sorted records: [MetadataRecord]) {
    if let first = records.first, let last = records.last {
      setWindows(first, last, longest: records.prefix(64).reduce(0) { max($0, $1.keyCount) })
    }
    entries = SortedTree(
      sorted: records.map { record in
        RecordEntry(digest: unsafe window.digest(record.block.key), record: record)
      })
  }

  /// How many records there are.
  var count: Int { entries.count }

  /// The record of a key.
  func find(_ key: UnsafeBufferPointer<UInt8>) -> MetadataRecord? {
    unsafe entries.find(KeyPosition(key, window))?.record
  }

  /// Puts a record in its place.
  ///
  /// - Returns: Whether the windows are others than before.
  mutating func insert(_ record: MetadataRecord) -> Bool {
    let key = unsafe record.block.key
    let position = unsafe KeyPosition(key, window)
    let entry = RecordEntry(digest: position.digest, record: record)
    guard entries.insert(entry, position) == nil else { return false }
    let isStranger = unsafe !narrowWindow.holds(key)
    if isStranger { strangers += 1 }
    // Keys may also have become longer.
    let isMilestone = count >= 64 && count & (count - 1) == 0
    return (isMilestone || strangers * 8 > count) && adapt()
  }

  /// Takes a record out.
  mutating func remove(_ record: MetadataRecord) {
    entries.remove(unsafe KeyPosition(record.block.key, window))
  }

  /// Calls `body` with records in order, from the first whose key is not before another one, until it returns false.
  ///
  /// - Parameters:
  ///   - key: The key; `nil` for the first record.
  ///   - body: Returns whether to go on.
  /// - Throws: What `body` throws.
  func forEach<Failure: Error>(
    from key: [UInt8]? = nil, _ body: (MetadataRecord) throws(Failure) -> Bool
  ) throws(Failure) {
    let start = key.map { key in
      { (entry: RecordEntry) in
        unsafe key.withUnsafeBufferPointer { unsafe ByteOrder.compare(entry.record.block.key, $0) }
      }
    }
    try entries.forEach(from: start) { (entry) throws(Failure) in try body(entry.record) }
  }

  private mutating func setWindows(_ first: MetadataRecord, _ last: MetadataRecord, longest: Int) {
    window = KeyWindow(from: first, to: last, longest: longest, width: 8)
    narrowWindow = KeyWindow(from: first, to: last, longest: longest, width: 4)
  }

  private mutating func adapt() -> Bool {
    strangers = 0
    guard count <= Self.mostAdapted, let first = entries.first, let last = entries.last else {
      return false
    }
    let former = (window, narrowWindow)
    let longest = unsafe entries.samples.reduce(0) { max($0, $1.record.keyCount) }
    setWindows(first.record, last.record, longest: longest)
    guard former != (window, narrowWindow) else { return false }
    let window = window
    entries.rewrite { $0.digest = unsafe window.digest($0.record.block.key) }
    return true
  }
}

extension MetadataRecord {
  fileprivate var keyCount: Int { Int(block.header.keyCount) }
}
