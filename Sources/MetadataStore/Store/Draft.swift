/// What the transactions of a group would do, computed without touching anything; then saved, then published.
struct Draft {
  /// What one transaction of the group does.
  struct Part {
    let conditionsHeld: Bool
    let revision: UInt64
    let changes: [MetadataChange]
    /// How many of the changes were asked for; the others follow from them.
    let asked: Int
  }

  /// What is written instead of what was asked.
  struct Amendment {
    /// `nil` for what was asked.
    var value: PackedValue?
    /// Nanoseconds since 1970-01-01 UTC; `nil` for never.
    var expires: Int64?
  }

  /// Who is asked before a transaction counts, in this order.
  struct Checks {
    /// Holds one write against what is declared.
    var prepare: (_ write: MetadataWrite) throws(MetadataError) -> Amendment
    /// Has validators judge the whole; answers with the values that they amended, by place. `nil` when there are none.
    var review: ((_ changes: [MetadataChange]) throws(MetadataError) -> [Int: PackedValue])?
    /// Holds what is added against the quotas, beside what the others of the group add. `nil` when nothing is bounded.
    var bound:
      (
        (_ growth: [String: Usage], _ others: [String: Usage]) throws(MetadataError) -> Void
      )?
    /// Holds the whole against constraints between records. What it lets pass counts.
    var admit: (_ changes: [MetadataChange], _ draft: Draft) throws(MetadataError) -> Void
  }

  /// Reads the newest record that is published.
  typealias Lookup = (_ collection: String, _ key: String) -> MetadataRecord?

  /// Nanoseconds since 1970-01-01 UTC, from which relative expiries count.
  let now: Int64
  private let lookup: Lookup
  /// The newest state of what the group has changed so far, by identity.
  private var latest: [RecordID: MetadataRecord?] = [:]
  /// The same of the transaction that is being added.
  private var pending: [RecordID: MetadataRecord?] = [:]
  private var growth: [String: Usage] = [:]
  /// Whether nothing reads what was written before, so that it need not be remembered.
  private let isSingle: Bool
  private(set) var parts: [Part] = []
  /// The revision of the last part that changes anything; at first the one before.
  private(set) var revision: UInt64

  /// Begins with nothing.
  ///
  /// - Parameters:
  ///   - isSingle: Whether there will be one transaction of one write.
  ///   - revision: The one before.
  ///   - now: Nanoseconds since 1970-01-01 UTC.
  ///   - lookup: Reads what is published.
  init(isSingle: Bool, after revision: UInt64, now: Int64, lookup: @escaping Lookup) {
    self.isSingle = isSingle
    self.revision = revision
    self.now = now
    self.lookup = lookup
  }

  /// Whether there is anything to save.
  var hasChanges: Bool { parts.contains { !$0.changes.isEmpty } }

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
  ///   - following: Writes that happen with it, unchecked, when its conditions hold.
  ///   - checks: Who is asked.
  /// - Returns: What it does.
  /// - Throws: The error of the first write that cannot be done; the draft is then as before.
  mutating func add(
    _ transaction: MetadataTransaction, following: [MetadataWrite] = [], checks: Checks
  ) throws(MetadataError) -> Part {
    let held = transaction.conditions.allSatisfy { $0.holds(current($0.collection, $0.key)) }
    let writes = held ? transaction.writes : transaction.otherwise
    var changes: [MetadataChange]
    let before = growth
    do throws(MetadataError) {
      changes = try self.changes(writes, checks, amended: [:])
      if let review = checks.review, !changes.isEmpty {
        let amended = try review(changes)
        if !amended.isEmpty {
          pending = [:]
          changes = try self.changes(writes, checks, amended: amended)
        }
      }
      for write in held ? following : [] {
        let amendment = Amendment(expires: write.expiry.moment(now, ttl: nil))
        append(write, amendment, current(write.collection, write.key), to: &changes)
      }
      if let bound = checks.bound { try self.bound(changes, bound) }
      try checks.admit(changes, self)
    } catch {
      pending = [:]
      growth = before
      throw error
    }
    if !isSingle {
      latest.merge(pending) { _, newer in newer }
      pending = [:]
    }
    if !changes.isEmpty { revision += 1 }
    let part = Part(
      conditionsHeld: held, revision: revision, changes: changes, asked: writes.count)
    parts.append(part)
    return part
  }

  /// What writes do, each seeing those before it.
  private mutating func changes(
    _ writes: [MetadataWrite], _ checks: Checks, amended: [Int: PackedValue]
  ) throws(MetadataError) -> [MetadataChange] {
    var changes: [MetadataChange] = []
    changes.reserveCapacity(writes.count)
    for (place, write) in writes.enumerated() {
      let former = current(write.collection, write.key)
      try Self.meet(write, former)
      var amendment = try checks.prepare(write)
      if let value = amended[place] { amendment.value = value }
      append(write, amendment, former, to: &changes)
    }
    return changes
  }

  private mutating func bound(
    _ changes: [MetadataChange],
    _ check: (_ growth: [String: Usage], _ others: [String: Usage]) throws(MetadataError) -> Void
  ) throws(MetadataError) {
    let added = changes.reduce(into: [String: Usage]()) { sums, change in
      sums[change.record.collection, default: Usage()] += Usage(change)
    }
    try check(added, growth)
    growth.merge(added, uniquingKeysWith: +)
  }

  private mutating func append(
    _ write: MetadataWrite, _ amendment: Amendment, _ former: MetadataRecord?,
    to changes: inout [MetadataChange]
  ) {
    let change = Self.change(
      write, amendment, former, revision: revision + 1, index: changes.count)
    if !isSingle {
      pending[RecordID(write.collection, write.key)] = .some(
        change.isRemoval ? nil : change.record)
    }
    changes.append(change)
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
    _ write: MetadataWrite, _ amendment: Amendment, _ former: MetadataRecord?, revision: UInt64,
    index: Int
  ) -> MetadataChange {
    switch (write.action, former) {
    case (.put(let asked), _):
      let record = MetadataRecord(
        former?.block.header.collection ?? CollectionName.of(write.collection), write.key,
        amendment.value ?? asked, version: max((former?.version ?? 0) + 1, write.leastVersion),
        created: former?.created ?? revision, modified: revision, expires: amendment.expires)
      return MetadataChange(
        kind: former == nil ? .created : .updated, record: record, previous: former,
        revision: revision, index: index)
    case (.remove, let former?):
      return MetadataChange(
        kind: write.isExpiry ? .expired : .removed, record: former, previous: former,
        revision: revision, index: index)
    case (.remove, nil): preconditionFailure("`meet` lets no removal of nothing pass")
    }
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
