/// What to save so that a provider that has one snapshot has another.
struct SnapshotDifference {
  private(set) var operations: [PersistenceOperation] = []

  /// Finds it.
  ///
  /// - Parameters:
  ///   - old: What the provider has.
  ///   - new: What it is to have.
  ///   - isForeign: Whether `old` need not be what `new` was, so that its revisions say nothing.
  ///   - doubtful: Changes that it may have beside `old`, because saving them failed.
  init(
    from old: MetadataSnapshot, to new: MetadataSnapshot, isForeign: Bool = false,
    doubtful: [PersistenceOperation] = []
  ) {
    if isForeign {
      for name in Set(old.collectionNames).union(new.collectionNames).sorted() {
        compare(name, from: old, to: new)
      }
    } else if old.revision != new.revision {
      for name in Set(old.collectionNames).union(new.collectionNames).sorted() {
        add(name, from: old, to: new)
      }
    }
    for operation in doubtful {
      let (collection, key) = operation.names
      // What was put and is gone since is in neither snapshot.
      if new.get(collection, key) == nil, old.get(collection, key) == nil {
        operations.append(.remove(collection: collection, key: key))
      }
    }
  }

  private mutating func compare(
    _ name: String, from old: MetadataSnapshot, to new: MetadataSnapshot
  ) {
    new.forEach(in: name) { record in
      if old.get(name, record.key) != record { operations.append(.put(record)) }
      return true
    }
    removeWhatIsGone(name, from: old, to: new)
  }

  private mutating func add(
    _ name: String, from old: MetadataSnapshot, to new: MetadataSnapshot
  ) {
    var created = 0
    new.forEach(in: name) { record in
      if record.modified > old.revision { operations.append(.put(record)) }
      if record.created > old.revision { created += 1 }
      return true
    }
    // Only then has anything been removed.
    guard old.count(in: name) + created != new.count(in: name) else { return }
    removeWhatIsGone(name, from: old, to: new)
  }

  private mutating func removeWhatIsGone(
    _ name: String, from old: MetadataSnapshot, to new: MetadataSnapshot
  ) {
    old.forEach(in: name) { record in
      if new.get(name, record.key) == nil {
        operations.append(.remove(collection: name, key: record.key))
      }
      return true
    }
  }
}

extension PersistenceOperation {
  fileprivate var names: (collection: String, key: String) {
    switch self {
    case .put(let record): (record.collection, record.key)
    case .remove(let collection, let key): (collection, key)
    }
  }
}
