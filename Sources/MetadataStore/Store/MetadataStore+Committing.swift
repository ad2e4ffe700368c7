import HostSupport
import Synchronization

/// What the leader of a group does: draft, save, publish. It runs on one thread at a time.
extension MetadataStore: Committer {
  func commit(_ work: CommitQueue.Work) -> CommitQueue.Outcome {
    guard !isClosed.load(ordering: .acquiring) else { return .failure(.closed) }
    switch work {
    case .exclusive(let body): return exclusively(body)
    case .transaction(let transaction) where transaction.isDefinition: return define(transaction)
    case .transaction(let transaction):
      let draft = draft(isSingle: transaction.isSingle)
      do throws(MetadataError) {
        let part = try draft.add(transaction, checks: WriteChecks(self, now: draft.now))
        return .success(receipt(part, try save(draft, transaction.durability)))
      } catch {
        return .failure(counted(error))
      }
    }
  }

  func commit(_ group: [CommitQueue.Work]) -> [CommitQueue.Outcome] {
    if group.count == 1 { return [commit(group[0])] }
    var outcomes: [CommitQueue.Outcome] = []
    outcomes.reserveCapacity(group.count)
    var together: [MetadataTransaction] = []
    for work in group {
      if case .transaction(let transaction) = work, !transaction.isDefinition {
        together.append(transaction)
        continue
      }
      outcomes += commit(together)
      together = []
      outcomes.append(commit(work))
    }
    return outcomes + commit(together)
  }

  private func exclusively(_ body: @Sendable () -> Void) -> CommitQueue.Outcome {
    body()
    return .success(
      TransactionReceipt(
        conditionsHeld: true, revision: lastRevision.load(ordering: .relaxed), durability: .memory,
        receipts: []))
  }

  /// Commits transactions as one batch.
  private func commit(_ transactions: [MetadataTransaction]) -> [CommitQueue.Outcome] {
    guard !transactions.isEmpty, !isClosed.load(ordering: .acquiring) else {
      return transactions.map { _ in .failure(.closed) }
    }
    let draft = draft(isSingle: false)
    let checks = WriteChecks(self, now: draft.now)
    var asked = Durability.memory
    let drafted = transactions.map { transaction -> Result<Draft.Part, MetadataError> in
      do throws(MetadataError) {
        let part = try draft.add(transaction, checks: checks)
        asked = max(asked, transaction.durability)
        return .success(part)
      } catch {
        return .failure(counted(error))
      }
    }
    let saved = Result { () throws(MetadataError) in try save(draft, asked) }
    return drafted.map { part in part.flatMap { part in saved.map { receipt(part, $0) } } }
  }

  /// A draft on what is published.
  func draft(isSingle: Bool) -> Draft {
    Draft(
      isSingle: isSingle, after: lastRevision.load(ordering: .relaxed), now: LogTime.now(),
      on: feed)
  }

  /// Counts a conflict.
  func counted(_ error: MetadataError) -> MetadataError {
    if case .conflict = error { conflicts.wrappingAdd(1, ordering: .relaxed) }
    return error
  }

  /// Saves what was drafted, then publishes it.
  ///
  /// - Returns: The safety that was reached.
  /// - Throws: `.storage` or `.closed`; nothing was published.
  func save(_ draft: Draft, _ asked: Durability) throws(MetadataError) -> Durability {
    var reached = Durability.memory
    // Also a failed attempt uses its revisions up: a trace of it on disk must not look like the next one.
    lastRevision.store(draft.revision, ordering: .relaxed)
    if !saver.isVolatile, draft.hasChanges {
      do throws(MetadataError) {
        reached = try saver.save(draft.batch, durability: asked)
      } catch {
        catalog.settle(saved: false)
        throw error
      }
    }
    catalog.settle(saved: true)
    for part in draft.parts where !part.changes.isEmpty {
      feed.publish(part.changes, revision: part.revision)
      indexBuilder.note(part.changes)
      noteExpiring(part.changes)
      writes.wrappingAdd(part.changes.count, ordering: .relaxed)
    }
    return reached
  }

  private func noteExpiring(_ changes: [MetadataChange]) {
    guard changes.contains(where: { !$0.isRemoval && $0.record.block.header.expires != .max })
    else { return }
    sweep(changes.lazy.filter { !$0.isRemoval }.map(\.record))
  }

  func receipt(_ part: Draft.Part, _ durability: Durability) -> TransactionReceipt {
    let changes = part.changes
    // By place: a change is not copied for the sake of one number.
    let receipts = (0..<min(part.asked, changes.count)).map { place in
      WriteReceipt(
        version: changes[place].isRemoval ? 0 : changes[place].record.version,
        revision: part.revision, durability: durability)
    }
    return TransactionReceipt(
      conditionsHeld: part.conditionsHeld, revision: part.revision, durability: durability,
      receipts: receipts)
  }

  /// Has records removed when their time is over.
  func sweep(_ records: some Sequence<MetadataRecord>) {
    sweeper.note(records) { [weak self] due in self?.expire(due) }
  }

  private func expire(_ due: [MetadataRecord]) {
    // A record that was written since has another version, and is noted anew.
    let over = due.filter { get($0.collection, $0.key)?.block === $0.block }
    for record in over {
      do throws(MetadataError) {
        try transaction([MetadataWrite.expiring(record)])
      } catch {
        // Others name it, a validator keeps it, or the disk is full: that may change.
        if error != .closed { sweeper.postpone(record) }
      }
    }
  }
}

extension MetadataWrite.Expiry {
  /// The moment it stands for; `nil` for never.
  ///
  /// - Parameters:
  ///   - now: Nanoseconds since 1970-01-01 UTC.
  ///   - ttl: Seconds that records of the collection live.
  /// - Returns: Nanoseconds since 1970-01-01 UTC.
  func moment(_ now: Int64, ttl: Int64?) -> Int64? {
    switch self {
    case .never: nil
    case .at(let moment): moment
    case .after(let nanoseconds): Self.add(now, nanoseconds)
    case .byCollection: ttl.map { Self.add(now, $0 * 1_000_000_000) }
    }
  }

  private static func add(_ moment: Int64, _ nanoseconds: Int64) -> Int64 {
    let (sum, overflow) = moment.addingReportingOverflow(nanoseconds)
    return overflow ? .max - 1 : sum
  }
}

extension MetadataTransaction {
  /// Whether it changes the definition of a collection.
  var isDefinition: Bool { Self.define(writes.span) || Self.define(otherwise.span) }

  private static func define(_ writes: Span<MetadataWrite>) -> Bool {
    for place in writes.indices where writes[place].collection == CollectionDefinition.reserved {
      return true
    }
    return false
  }

  /// Whether nothing in it could read what it writes.
  var isSingle: Bool { writes.count <= 1 && otherwise.count <= 1 }
}
