import HostSupport
import Synchronization

/// What the leader of a group does: draft, save, publish. It runs on one thread at a time.
extension MetadataStore {
  /// Commits a group in order.
  ///
  /// - Returns: An outcome for each.
  func commit(_ group: [CommitQueue.Work]) -> [CommitQueue.Outcome] {
    guard !isClosed.load(ordering: .acquiring) else {
      return group.map { _ in .failure(.closed) }
    }
    var outcomes: [CommitQueue.Outcome] = []
    var together: [MetadataTransaction] = []
    for work in group {
      if case .transaction(let transaction) = work, !transaction.isDefinition {
        together.append(transaction)
        continue
      }
      outcomes += commit(together)
      together = []
      switch work {
      case .transaction(let transaction): outcomes.append(define(transaction))
      case .exclusive(let body): outcomes.append(exclusively(body))
      }
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
    guard !transactions.isEmpty else { return [] }
    var draft = draft(isSingle: transactions.count == 1 && transactions[0].isSingle)
    var asked = Durability.memory
    let drafted = transactions.map { transaction in
      add(transaction, to: &draft, &asked)
    }
    let saved = save(draft, asked)
    return drafted.map { part in part.flatMap { part in saved.map { receipt(part, $0) } } }
  }

  /// A draft on what is published.
  func draft(isSingle: Bool) -> Draft {
    Draft(
      isSingle: isSingle, after: lastRevision.load(ordering: .relaxed), now: LogTime.now(),
      lookup: { [feed] in feed.getAsWriter($0, $1) })
  }

  private func add(
    _ transaction: MetadataTransaction, to draft: inout Draft, _ asked: inout Durability
  ) -> Result<Draft.Part, MetadataError> {
    do throws(MetadataError) {
      let part = try draft.add(transaction, checks: checks(now: draft.now))
      asked = max(asked, transaction.durability)
      return .success(part)
    } catch {
      return .failure(counted(error))
    }
  }

  /// Counts a conflict.
  func counted(_ error: MetadataError) -> MetadataError {
    if case .conflict = error { conflicts.wrappingAdd(1, ordering: .relaxed) }
    return error
  }

  /// Who is asked before a transaction counts.
  private func checks(now: Int64) -> Draft.Checks {
    var checks = Draft.Checks(
      prepare: { [catalog] (write) throws(MetadataError) in
        try catalog.prepare(write, now: now)
      },
      admit: { [catalog] (changes, draft) throws(MetadataError) in
        try catalog.admit(changes, draft.current)
      })
    if !validators.isEmpty {
      checks.review = { [self] (changes) throws(MetadataError) in try review(changes) }
    }
    if !quotas.isEmpty || catalog.hasQuotas {
      checks.bound = { [self] (growth, others) throws(MetadataError) in try bound(growth, others) }
    }
    return checks
  }

  private func review(_ changes: [MetadataChange]) throws(MetadataError) -> [Int: PackedValue] {
    let proposed = changes.map { change in
      ProposedWrite(
        collection: change.record.collection, key: change.record.key, old: change.previous,
        new: change.isRemoval ? nil : change.record.value)
    }
    return try validators.review(proposed, snapshot: snapshot) {
      (place, value) throws(MetadataError) in
      let write = MetadataWrite(
        collection: proposed[place].collection, key: proposed[place].key, value: value)
      try write.validate()
      return try catalog.prepare(write, now: 0).value?.value ?? value
    }.mapValues { PackedValue($0) }
  }

  /// Holds what a transaction adds against the quotas.
  private func bound(
    _ growth: [String: Usage], _ others: [String: Usage]
  ) throws(MetadataError) {
    try quotas.check(growth, catalog) { collection in
      feed.withRoot { $0.usage(of: collection) } + (others[collection] ?? Usage())
    } namespaceUsage: { quota in
      others.filter { quota.holds($0.key) }.values.reduce(
        feed.withRoot { $0.usage(of: quota) }, +)
    }
  }

  /// Saves what was drafted, then publishes it.
  ///
  /// - Returns: The safety that was reached.
  func save(_ draft: Draft, _ asked: Durability) -> Result<Durability, MetadataError> {
    var reached = Durability.memory
    // Also a failed attempt uses its revisions up: a trace of it on disk must not look like the next one.
    lastRevision.store(draft.revision, ordering: .relaxed)
    if !saver.isVolatile, draft.hasChanges {
      do throws(MetadataError) {
        reached = try saver.save(draft.batch, durability: asked)
      } catch {
        catalog.settle(saved: false)
        return .failure(error)
      }
    }
    catalog.settle(saved: true)
    for part in draft.parts where !part.changes.isEmpty {
      feed.publish(part.changes, revision: part.revision)
      indexBuilder.note(part.changes)
      sweep(part.changes.lazy.filter { !$0.isRemoval }.map(\.record))
      writes.wrappingAdd(part.changes.count, ordering: .relaxed)
    }
    return .success(reached)
  }

  func receipt(_ part: Draft.Part, _ durability: Durability) -> TransactionReceipt {
    TransactionReceipt(
      conditionsHeld: part.conditionsHeld, revision: part.revision, durability: durability,
      receipts: part.changes.prefix(part.asked).map { change in
        WriteReceipt(
          version: change.isRemoval ? 0 : change.record.version, revision: part.revision,
          durability: durability)
      })
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
  var isDefinition: Bool {
    writes.contains { $0.collection == CollectionDefinition.reserved }
      || otherwise.contains { $0.collection == CollectionDefinition.reserved }
  }

  /// Whether nothing in it could read what it writes.
  var isSingle: Bool { writes.count <= 1 && otherwise.count <= 1 }
}
