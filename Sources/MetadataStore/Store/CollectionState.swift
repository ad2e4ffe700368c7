/// A collection at one revision, as a value: its records by key and its indexes.
struct CollectionState: Sendable {
  let name: CollectionName
  private(set) var records = RecordTree()
  var indexes: [CollectionIndex] = []
  /// Bytes of memory of all records.
  private(set) var bytes = 0

  /// An empty collection.
  init(_ name: CollectionName) {
    self.name = name
  }

  /// A collection of records that are in order of their keys.
  init(_ name: CollectionName, sorted records: [MetadataRecord]) {
    self.name = name
    self.records = RecordTree(sorted: records)
    bytes = records.reduce(0) { $0 + $1.block.footprint }
  }

  /// The record of a key.
  func find(_ key: UnsafeBufferPointer<UInt8>) -> MetadataRecord? {
    unsafe records.find(key)
  }

  /// Follows a change of one record.
  mutating func apply(from former: MetadataRecord?, to record: MetadataRecord?) {
    if let record {
      if records.insert(record) {
        for index in indexes.indices { indexes[index].adapt(records.narrowWindow) }
      }
    } else if let former {
      records.remove(former)
    }
    bytes += (record?.block.footprint ?? 0) - (former?.block.footprint ?? 0)
    for index in indexes.indices { indexes[index].update(from: former, to: record) }
  }

  /// Takes an index that was built of former records and has followed since.
  mutating func add(_ index: CollectionIndex) {
    indexes.append(index)
    indexes[indexes.count - 1].adapt(records.narrowWindow)
  }

  /// Calls `body` with the records whose keys begin with a prefix and come after another key, by key, until it returns false.
  func forEach<Failure: Error>(
    prefix: String, after: String?, _ body: (MetadataRecord) throws(Failure) -> Bool
  ) throws(Failure) {
    let prefix = Array(prefix.utf8)
    let after = after.map { Array($0.utf8) }
    let start = after.map { $0.lexicographicallyPrecedes(prefix) ? prefix : $0 } ?? prefix
    try records.forEach(from: start) { (record) throws(Failure) -> Bool in
      guard unsafe record.withKey({ unsafe $0.starts(with: prefix) }) else { return false }
      if let after, unsafe record.withKey({ unsafe $0.elementsEqual(after) }) { return true }
      return try body(record)
    }
  }
}
