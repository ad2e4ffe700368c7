/// All collections at one revision, as a value: a copy costs nothing and never changes.
struct StoreRoot: Sendable {
  /// The revision of the last transaction in it; 0 for a store that was never written.
  var revision: UInt64
  /// How many records there are.
  private(set) var count = 0
  private(set) var collections: [String: CollectionState] = [:]

  /// An empty store.
  init(revision: UInt64) {
    self.revision = revision
  }

  /// A store of records in any order, one for each key.
  ///
  /// - Parameters:
  ///   - revision: That of the last transaction.
  ///   - records: By collection.
  init(revision: UInt64, _ records: consuming [String: [MetadataRecord]]) {
    self.init(revision: revision)
    while let (name, loaded) = records.popFirst() {
      var sorted = loaded
      let isSorted = zip(sorted, sorted.dropFirst()).allSatisfy {
        unsafe ByteOrder.compare($0.block.key, $1.block.key) < 0
      }
      if !isSorted { sorted.sort { unsafe ByteOrder.compare($0.block.key, $1.block.key) < 0 } }
      collections[name] = CollectionState(CollectionName.of(name), sorted: sorted)
      count += sorted.count
    }
  }

  /// Follows a change of one record.
  mutating func apply(_ change: MetadataChange) {
    let former = change.previous
    let record = change.isRemoval ? nil : change.record
    let name = change.record.block.header.collection
    collections[name.text, default: CollectionState(name)].apply(from: former, to: record)
    count += (record == nil ? 0 : 1) - (former == nil ? 0 : 1)
  }

  /// Gives a collection an index, or takes indexes away.
  mutating func setIndexes(_ indexes: [CollectionIndex], of collection: String) {
    collections[collection, default: CollectionState(CollectionName.of(collection))].indexes =
      indexes
  }

  /// Gives a collection one more index.
  mutating func add(_ index: CollectionIndex, to collection: String) {
    collections[collection, default: CollectionState(CollectionName.of(collection))].add(index)
  }

  /// The indexes of all collections, by the collection's name.
  var indexSizes: [IndexSize] {
    collections.values.sorted { $0.name.text < $1.name.text }.flatMap { state in
      state.indexes.map { index in
        IndexSize(
          collection: state.name.text, index: index.definition, entries: index.entries.count)
      }
    }
  }

  /// What all collections hold.
  var usage: Usage {
    Usage(records: count, bytes: collections.values.reduce(0) { $0 + $1.bytes })
  }

  /// What a collection holds.
  func usage(of collection: String) -> Usage {
    collections[collection].map { Usage(records: $0.records.count, bytes: $0.bytes) } ?? Usage()
  }

  /// What the collections of a namespace hold.
  func usage(of quota: NamespaceQuota) -> Usage {
    collections.values.reduce(into: Usage()) { sum, state in
      if quota.holds(state.name.text) {
        sum += Usage(records: state.records.count, bytes: state.bytes)
      }
    }
  }

  /// One record.
  func find(_ collection: String, _ key: UnsafeBufferPointer<UInt8>) -> MetadataRecord? {
    unsafe collections[collection]?.find(key)
  }
}
