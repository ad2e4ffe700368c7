/// What a transaction would do to a snapshot: computed without touching anything, then saved, then published.
struct Transaction {
  let snapshot: MetadataSnapshot
  let changes: [MetadataChange]
  let versions: [UInt64]

  /// Applies writes to a snapshot, each seeing those before it.
  ///
  /// - Throws: The error of the first write that cannot be done.
  init(
    _ writes: [MetadataWrite], on base: MetadataSnapshot, revision: UInt64
  ) throws(MetadataError) {
    var collections = base.collections
    var count = base.count
    var changes: [MetadataChange] = []
    var versions: [UInt64] = []
    for write in writes {
      let records = collections[write.collection] ?? OrderedMap()
      let change = try Self.change(
        write, records[write.key], revision: revision, index: changes.count)
      let updated =
        change.kind == .removed
        ? records.removing(write.key) : records.setting(write.key, to: change.record)
      collections =
        updated.count == 0
        ? collections.removing(write.collection)
        : collections.setting(write.collection, to: updated)
      count += updated.count - records.count
      changes.append(change)
      versions.append(change.kind == .removed ? 0 : change.record.version)
    }
    snapshot = MetadataSnapshot(revision: revision, count: count, collections: collections)
    self.changes = changes
    self.versions = versions
  }

  private static func change(
    _ write: MetadataWrite, _ current: MetadataRecord?, revision: UInt64, index: Int
  ) throws(MetadataError) -> MetadataChange {
    switch (write.expectation, current?.version) {
    case (.any, _), (.absent, nil): break
    case (.version(let expected), let version?) where expected == version: break
    default:
      throw .conflict(collection: write.collection, key: write.key, current: current)
    }
    switch (write.action, current) {
    case (.remove, nil): throw .notFound(collection: write.collection, key: write.key)
    case (.remove, let current?):
      return MetadataChange(kind: .removed, record: current, revision: revision, index: index)
    case (.put(let value), _):
      let record = MetadataRecord(
        collection: current?.collection ?? write.collection, key: current?.key ?? write.key,
        value: value, version: (current?.version ?? 0) + 1, created: current?.created ?? revision,
        modified: revision)
      return MetadataChange(
        kind: current == nil ? .created : .updated, record: record, revision: revision,
        index: index)
    }
  }
}

extension Transaction {
  /// What to save: the last change of each record.
  var batch: PersistenceBatch {
    var operations: [PersistenceOperation] = []
    var positions: [RecordID: Int] = [:]
    for change in changes {
      let id = RecordID(change.record)
      let operation: PersistenceOperation =
        change.kind == .removed
        ? .remove(collection: id.collection, key: change.record.key) : .put(change.record)
      if let position = positions[id] {
        operations[position] = operation
      } else {
        positions[id] = operations.count
        operations.append(operation)
      }
    }
    return PersistenceBatch(revision: snapshot.revision, operations: operations)
  }

  /// A record's identity by bytes, where `String` would take equivalent Unicode for equal.
  private struct RecordID: Hashable {
    let collection: String
    let key: [UInt8]

    init(_ record: MetadataRecord) {
      collection = record.collection
      key = Array(record.key.utf8)
    }
  }
}
