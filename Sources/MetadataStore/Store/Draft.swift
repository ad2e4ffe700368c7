/// What the transactions of a group would do, computed without touching anything; then saved, then published.
struct Draft {
  /// What one transaction of the group does.
  struct Part {
    let conditionsHeld: Bool
    let revision: UInt64
    let changes: [MetadataChange]
  }

  /// Reads the newest record that is published.
  typealias Lookup = (_ collection: String, _ key: String) -> MetadataRecord?

  private let lookup: Lookup
  private let now: Int64
  /// The newest state of what the group has changed so far, by identity.
  private var latest: [RecordID: MetadataRecord?] = [:]
  /// The same of the transaction that is being added.
  private var pending: [RecordID: MetadataRecord?] = [:]
  /// Whether nothing reads what was written before, so that it need not be remembered.
  private let isSingle: Bool
  private(set) var parts: [Part] = []

  /// Begins with nothing.
  ///
  /// - Parameters:
  ///   - isSingle: Whether there will be one transaction of one write.
  ///   - now: Nanoseconds since 1970-01-01 UTC, from which relative expiries count.
  ///   - lookup: Reads what is published.
  init(isSingle: Bool, now: Int64, lookup: @escaping Lookup) {
    self.isSingle = isSingle
    self.now = now
    self.lookup = lookup
  }

  /// The record as the group leaves it so far.
  func current(_ collection: String, _ key: String) -> MetadataRecord? {
    if !isSingle {
      let id = RecordID(collection, key)
      if let record = pending[id] ?? latest[id] { return record }
    }
    return lookup(collection, key)
  }

  /// Adds a transaction.
  ///
  /// - Parameters:
  ///   - transaction: What is asked; each write sees those before it.
  ///   - revision: Its revision.
  ///   - check: Has each change checked, and may give the record that is to be written instead.
  /// - Returns: What it does.
  /// - Throws: The error of the first write that cannot be done; the draft is then as before.
  mutating func add(
    _ transaction: MetadataTransaction, revision: UInt64,
    check: (MetadataWrite, MetadataRecord?, inout Draft) throws(MetadataError) -> PackedValue?
  ) throws(MetadataError) -> Part {
    let held = transaction.conditions.allSatisfy { $0.holds(current($0.collection, $0.key)) }
    let writes = held ? transaction.writes : transaction.otherwise
    var changes: [MetadataChange] = []
    changes.reserveCapacity(writes.count)
    do throws(MetadataError) {
      for write in writes {
        let former = current(write.collection, write.key)
        try Self.meet(write, former)
        let amended = try check(write, former, &self)
        let change = Self.change(
          write, amended, former, revision: revision, index: changes.count, now: now)
        if !isSingle {
          pending[RecordID(write.collection, write.key)] = .some(
            change.isRemoval ? nil : change.record)
        }
        changes.append(change)
      }
    } catch {
      pending = [:]
      throw error
    }
    latest.merge(pending) { _, newer in newer }
    pending = [:]
    let part = Part(conditionsHeld: held, revision: revision, changes: changes)
    parts.append(part)
    return part
  }

  /// Whether the record is as the write expects it.
  private static func meet(
    _ write: MetadataWrite, _ current: MetadataRecord?
  ) throws(MetadataError) {
    switch (write.expectation, current?.version) {
    case (.any, _), (.absent, nil): break
    case (.version(let expected), let version?) where expected == version: break
    default:
      throw .conflict(collection: write.collection, key: write.key, current: current)
    }
    if write.action == .remove, current == nil {
      throw .notFound(collection: write.collection, key: write.key)
    }
  }

  private static func change(
    _ write: MetadataWrite, _ amended: PackedValue?, _ former: MetadataRecord?, revision: UInt64,
    index: Int, now: Int64
  ) -> MetadataChange {
    guard case .put(let asked) = write.action else {
      // `meet` saw to it that there is one.
      let record =
        former
        ?? MetadataRecord(
          collection: write.collection, key: write.key, value: .null, version: 1, created: revision,
          modified: revision)
      return MetadataChange(
        kind: write.isExpiry ? .expired : .removed, record: record, previous: former,
        revision: revision, index: index)
    }
    let record = MetadataRecord(
      former?.block.header.collection ?? CollectionName.of(write.collection), write.key,
      amended ?? asked, version: (former?.version ?? 0) + 1,
      created: former?.created ?? revision, modified: revision, expires: write.expiry.moment(now))
    return MetadataChange(
      kind: former == nil ? .created : .updated, record: record, previous: former,
      revision: revision, index: index)
  }

  /// What to save: the last change of each record of all parts.
  var batch: PersistenceBatch {
    var operations: [PersistenceOperation] = []
    var positions: [RecordID: Int] = [:]
    for part in parts {
      for change in part.changes {
        let record = change.record
        let operation: PersistenceOperation =
          change.isRemoval
          ? .remove(collection: record.collection, key: record.key) : .put(record)
        guard !isSingle else {
          return PersistenceBatch(revision: part.revision, operations: [operation])
        }
        let id = RecordID(record.collection, record.key)
        if let position = positions[id] {
          operations[position] = operation
        } else {
          positions[id] = operations.count
          operations.append(operation)
        }
      }
    }
    return PersistenceBatch(revision: parts.last?.revision ?? 0, operations: operations)
  }
}

extension MetadataWrite.Expiry {
  /// The moment it stands for; `nil` for never.
  fileprivate func moment(_ now: Int64) -> Int64? {
    switch self {
    case .byCollection, .never: nil
    case .at(let moment): moment
    case .after(let nanoseconds): now.addingReportingOverflow(nanoseconds).partialValue
    }
  }
}
