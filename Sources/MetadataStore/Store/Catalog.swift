import Synchronization

/// The definitions of a store's collections and what they ask of writes.
///
/// Threading: the definitions may be read by any thread; everything else is for the store's one writer.
final class Catalog: Sendable {
  private let shown: Mutex<CollectionCatalog>
  private let check: Mutex<WriteCheck>
  /// Whether something was admitted or defined since the last `settle`.
  private let isUnsettled = Atomic(false)
  private let isConstrained: Atomic<Bool>
  /// What is wrong with definitions that were found, one sentence each.
  let notes: [String]

  /// Reads the definitions of a store, and what its records have that must be unique or is referred to.
  ///
  /// A definition that cannot be read, such as one of a newer program, is left out and noted: its records are there all the same.
  init(of root: StoreRoot) {
    var notes: [String] = []
    let catalog = CollectionCatalog(of: MetadataSnapshot(root)) { refusal in
      notes.append(
        "\(refusal); its records are not held against it; use the dovetail that wrote it, "
          + "or remove it and write another")
    }
    shown = Mutex(catalog)
    isConstrained = Atomic(catalog.hasConstraints)
    check = Mutex(
      WriteCheck(catalog) { collection, body in
        root.collections[collection]?.records.forEach { record in
          body(record)
          return true
        }
      })
    self.notes = notes
  }

  // MARK: For everybody

  /// All definitions, by the collection's name.
  var all: [CollectionDefinition] { shown.withLock { $0.all } }

  /// The definition of a collection.
  subscript(collection: String) -> CollectionDefinition? { shown.withLock { $0[collection] } }

  /// Whether a definition has a quota.
  var hasQuotas: Bool { shown.withLock { $0.hasQuotas } }

  // MARK: For the writer

  /// Whether any collection's records are held against other records.
  var hasConstraints: Bool { isConstrained.load(ordering: .relaxed) }

  /// Holds a write against its collection's definition; see `WriteCheck.prepared`.
  ///
  /// - Parameters:
  ///   - write: What is asked.
  ///   - now: Nanoseconds since 1970-01-01 UTC.
  /// - Returns: What is to be written instead, and when it expires.
  /// - Throws: What does not fit.
  func prepare(_ write: MetadataWrite, now: Int64) throws(MetadataError) -> Draft.Amendment {
    try check.withLock { (check) throws(MetadataError) -> Draft.Amendment in
      guard case .put(let value) = write.action, !check.catalog.isEmpty else {
        return Draft.Amendment(value: nil, expires: write.expiry.moment(now, ttl: nil))
      }
      let entry = check.catalog.entry(of: write.collection)
      return Draft.Amendment(
        value: try entry.flatMap { (entry) throws(MetadataError) in
          try WriteCheck.prepared(value, entry.definition, write.key)
        }, expires: write.expiry.moment(now, ttl: entry?.definition.ttl))
    }
  }

  /// Holds what a transaction leaves against constraints; see `WriteCheck.admit`.
  func admit(_ changes: [MetadataChange], _ draft: Draft) throws(MetadataError) {
    isUnsettled.store(true, ordering: .relaxed)
    try check.withLock { (check) throws(MetadataError) in
      try check.admit(changes, draft.current)
    }
  }

  /// Takes a definition; see `WriteCheck.define`.
  func define(
    _ redefinition: Redefinition, records: [(old: MetadataRecord, new: MetadataRecord)],
    _ lookup: WriteCheck.Lookup
  ) throws(MetadataError) {
    isUnsettled.store(true, ordering: .relaxed)
    try check.withLock { (check) throws(MetadataError) in
      try check.define(
        redefinition.new, of: redefinition.collection, records: records, lookup)
    }
  }

  /// Makes what was admitted or defined final, or takes it back.
  func settle(saved: Bool) {
    guard isUnsettled.exchange(false, ordering: .relaxed) else { return }
    let catalog = check.withLock { check in
      if saved { check.settle() } else { check.takeBack() }
      isConstrained.store(check.catalog.hasConstraints, ordering: .relaxed)
      return check.catalog
    }
    if saved { shown.withLock { $0 = catalog } }
  }
}

extension CollectionDefinition {
  /// The indexes that the collection has: those that are declared, and one for each constraint in `unique`.
  var allIndexes: [IndexDefinition] {
    var all = indexes
    for fields in unique {
      if let first = fields.first, !all.contains(.field(first)) { all.append(.field(first)) }
    }
    return all
  }
}
