/// What the transactions of a group would do, computed without touching anything; then saved, then published.
///
/// Threading: the store's one writer.
final class Draft {
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

  /// Nanoseconds since 1970-01-01 UTC, from which relative expiries count.
  let now: Int64
  private let feed: Feed
  /// What the group has changed so far; unused when nothing could read it.
  private var latest = LatestRecords()
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
  ///   - feed: What is published.
  init(isSingle: Bool, after revision: UInt64, now: Int64, on feed: Feed) {
    self.isSingle = isSingle
    self.revision = revision
    self.now = now
    self.feed = feed
  }

  /// Whether there is anything to save.
  var hasChanges: Bool { parts.contains { !$0.changes.isEmpty } }

  /// The record as the group leaves it so far.
  func current(_ collection: String, _ key: String) -> MetadataRecord? {
    unsafe Self.withNames(collection, key) { collection, key in
      unsafe current(KeyHash.of(collection, key), collection, key)
    }
  }

  private func current(
    _ hash: UInt64, _ collection: UnsafeBufferPointer<UInt8>, _ key: UnsafeBufferPointer<UInt8>
  ) -> MetadataRecord? {
    if !isSingle, let latest = unsafe latest.find(hash, collection, key) {
      return latest.isRemoved ? nil : latest.record
    }
    return unsafe feed.getAsWriter(hash, collection, key)
  }

  private static func withNames<Result>(
    _ collection: String, _ key: String,
    _ body: (_ collection: UnsafeBufferPointer<UInt8>, _ key: UnsafeBufferPointer<UInt8>) -> Result
  ) -> Result {
    var (collection, key) = (collection, key)
    return collection.withUTF8 { name in key.withUTF8 { unsafe body(name, $0) } }
  }

  /// Adds a transaction.
  ///
  /// - Parameters:
  ///   - transaction: What is asked; each write sees those before it.
  ///   - following: Writes that happen with it, unchecked, when its conditions hold.
  ///   - checks: Who is asked.
  /// - Returns: What it does.
  /// - Throws: The error of the first write that cannot be done; the draft is then as before.
  func add(
    _ transaction: MetadataTransaction, following: [MetadataWrite] = [], checks: some DraftChecks
  ) throws(MetadataError) -> Part {
    let held = transaction.conditions.allSatisfy { $0.holds(current($0.collection, $0.key)) }
    let writes = held ? transaction.writes : transaction.otherwise
    var changes: [MetadataChange]
    let before = growth
    do throws(MetadataError) {
      changes = try self.changes(writes, checks, amended: [:])
      let amended = try checks.review(changes)
      if !amended.isEmpty {
        latest.takeBack()
        changes = try self.changes(writes, checks, amended: amended)
      }
      for write in held ? following : [] {
        let amendment = Amendment(expires: write.expiry.moment(now, ttl: nil))
        append(write, amendment, target(of: write), to: &changes)
      }
      try checks.bound(changes, &growth)
      if checks.hasConstraints { try checks.admit(changes, self) }
    } catch {
      latest.takeBack()
      growth = before
      throw error
    }
    latest.settle()
    if !changes.isEmpty { revision += 1 }
    let part = Part(
      conditionsHeld: held, revision: revision, changes: changes, asked: writes.count)
    parts.append(part)
    return part
  }

  /// What writes do, each seeing those before it.
  private func changes(
    _ writes: [MetadataWrite], _ checks: some DraftChecks, amended: [Int: PackedValue]
  ) throws(MetadataError) -> [MetadataChange] {
    var changes: [MetadataChange] = []
    changes.reserveCapacity(writes.count)
    for (place, write) in writes.enumerated() {
      let target = target(of: write)
      try Self.meet(write, target.former)
      var amendment = try checks.prepare(write)
      if !amended.isEmpty, let value = amended[place] { amendment.value = value }
      append(write, amendment, target, to: &changes)
    }
    return changes
  }

  /// The record that a write is of, as the group leaves it so far.
  private struct Target {
    /// `KeyHash` of it.
    let hash: UInt64
    let former: MetadataRecord?
  }

  private func target(of write: MetadataWrite) -> Target {
    unsafe Self.withNames(write.collection, write.key) { collection, key in
      let hash = unsafe KeyHash.of(collection, key)
      return Target(hash: hash, former: unsafe current(hash, collection, key))
    }
  }

  private func append(
    _ write: MetadataWrite, _ amendment: Amendment, _ target: Target,
    to changes: inout [MetadataChange]
  ) {
    let change = Self.change(
      write, amendment, target, revision: revision + 1, index: changes.count)
    if !isSingle { latest.set(change.record, isRemoved: change.isRemoval) }
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
    _ write: MetadataWrite, _ amendment: Amendment, _ target: Target, revision: UInt64, index: Int
  ) -> MetadataChange {
    let former = target.former
    switch (write.action, former) {
    case (.put(let asked), _):
      let record = MetadataRecord(
        former?.block.header.collection ?? CollectionName.of(write.collection), write.key,
        target.hash,
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
    let operations =
      isSingle
      ? parts.last?.changes.map { Self.operation($0.record, $0.isRemoval) }
      : latest.entries.map { Self.operation($0.record, $0.isRemoved) }
    return PersistenceBatch(revision: revision, operations: operations ?? [])
  }

  private static func operation(
    _ record: MetadataRecord, _ isRemoved: Bool
  ) -> PersistenceOperation {
    isRemoved ? .remove(collection: record.collection, key: record.key) : .put(record)
  }
}
