/// The whole store at one revision: a value that never changes, whatever is written after it was taken.
///
/// Threading: any thread, no locks. It keeps the records that it shows in memory for as long as it lives.
public struct MetadataSnapshot: Sendable {
  let root: StoreRoot

  init(_ root: StoreRoot) {
    self.root = root
  }

  /// The revision of the last transaction in it; 0 for a store that was never written.
  public var revision: UInt64 { root.revision }
  /// How many records there are.
  public var count: Int { root.count }
  /// Bytes of memory that they take.
  public var bytes: Int { root.collections.values.reduce(0) { $0 + $1.bytes } }

  /// Names of the collections that have records, in order.
  public var collectionNames: [String] {
    root.collections.filter { $0.value.records.count > 0 }.keys.sorted()
  }

  /// How many records a collection has.
  public func count(in collection: String) -> Int {
    root.collections[collection]?.records.count ?? 0
  }

  /// Bytes of memory that a collection's records take.
  public func bytes(in collection: String) -> Int { root.collections[collection]?.bytes ?? 0 }

  /// Reads one record.
  ///
  /// - Returns: The record, or `nil` when there is none.
  public func get(_ collection: String, _ key: String) -> MetadataRecord? {
    var key = key
    return key.withUTF8 { unsafe root.find(collection, $0) }
  }

  /// The records of a collection whose keys begin with a prefix, ordered by the bytes of their keys.
  ///
  /// - Parameters:
  ///   - collection: The collection's name.
  ///   - prefix: What the keys begin with; empty for all.
  ///   - after: The key to begin behind (the last one of the page before), or `nil`.
  ///   - limit: The most to return.
  /// - Returns: The records.
  public func list(
    _ collection: String, prefix: String = "", after: String? = nil, limit: Int = .max
  ) -> [MetadataRecord] {
    var records: [MetadataRecord] = []
    guard limit > 0 else { return records }
    forEach(in: collection, prefix: prefix, after: after) { record in
      records.append(record)
      return records.count < limit
    }
    return records
  }

  /// Calls `body` with the records that `list` would return, without collecting them.
  ///
  /// - Parameters:
  ///   - collection: The collection's name.
  ///   - prefix: What the keys begin with; empty for all.
  ///   - after: The key to begin behind, or `nil`.
  ///   - body: Returns whether to go on. No lock is held; it may call the store.
  /// - Throws: What `body` throws.
  public func forEach<Failure: Error>(
    in collection: String, prefix: String = "", after: String? = nil,
    _ body: (MetadataRecord) throws(Failure) -> Bool
  ) throws(Failure) {
    try root.collections[collection]?.forEach(prefix: prefix, after: after, body)
  }
}
