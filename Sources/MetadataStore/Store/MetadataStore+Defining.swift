public import HostSupport
import Synchronization

/// Definitions of collections: they are written like records, and change what may be written to the collection.
extension MetadataStore {
  /// Defines a collection, or gives it a new definition: records are migrated and indexes built as it asks.
  ///
  /// - Parameters:
  ///   - definition: With a higher version than the one that is there, or equal to it.
  ///   - durability: The least safety that is asked.
  /// - Returns: The revision that made it so; the present one when nothing changed.
  /// - Throws: `.invalid` when the version is not higher, when the change is not compatible and no migration is given, or when a
  ///   record cannot be migrated; `.storage`, `.closed`. Nothing changed.
  @discardableResult
  public func define(
    _ definition: CollectionDefinition, durability: Durability = .disk
  ) throws(MetadataError) -> UInt64 {
    if catalog[definition.collection] == definition { return snapshot.revision }
    return try put(
      MetadataWrite(
        collection: CollectionDefinition.reserved, key: definition.collection,
        value: definition.value, durability: durability)
    ).revision
  }

  /// The definition of a collection; `nil` when it has none.
  public func definition(of collection: String) -> CollectionDefinition? { catalog[collection] }

  /// All definitions, by the collection's name.
  public var definitions: [CollectionDefinition] { catalog.all }

  /// The indexes that are being built in the background.
  public var indexesInProgress: [IndexProgress] { indexBuilder.progress }

  /// Waits until no index is being built.
  ///
  /// - Parameter deadline: How long.
  /// - Returns: False when the deadline came first.
  public func waitForIndexes(until deadline: Deadline) -> Bool {
    indexBuilder.wait(until: deadline)
  }

  /// Bounds what the collections below a name may hold; what they hold already stays.
  ///
  /// - Parameters:
  ///   - quota: The bound; `nil` for none.
  ///   - namespace: The name.
  public func setQuota(_ quota: NamespaceQuota?, of namespace: String) {
    quotas.set(quota, of: namespace)
  }

  /// Commits a transaction of one write to `dovetail.collections`. Called by the leader.
  func define(_ transaction: MetadataTransaction) -> CommitQueue.Outcome {
    do throws(MetadataError) {
      guard transaction.isSingle, transaction.otherwise.isEmpty,
        let write = transaction.writes.first
      else {
        throw .invalid(
          "a transaction that defines a collection has other writes too; define it by itself")
      }
      let definition = try Self.definition(write)
      var draft = draft(isSingle: false)
      let migrated = try definition.map { (definition) throws(MetadataError) in
        try migrate(to: definition)
      }
      let part = try draft.add(transaction, following: migrated ?? []) {
        (write, _, draft) throws(MetadataError) in
        Draft.Amendment(value: nil, expires: write.expiry.moment(draft.now, ttl: nil))
      } admit: { _, _ in
      }
      let reached = try save(draft, transaction.durability).get()
      if part.conditionsHeld {
        catalog.set(definition, of: write.key)
        index(write.key, definition?.allIndexes ?? [])
      }
      return .success(receipt(part, reached))
    } catch {
      if case .conflict = error { conflicts.wrappingAdd(1, ordering: .relaxed) }
      return .failure(error)
    }
  }

  private static func definition(
    _ write: MetadataWrite
  ) throws(MetadataError) -> CollectionDefinition? {
    guard case .put(let value) = write.action else { return nil }
    do throws(CollectionDefinition.Refusal) {
      return try CollectionDefinition(collection: write.key, value: value.value)
    } catch {
      throw .invalid(error.description)
    }
  }

  /// What the collection's records must become.
  private func migrate(to definition: CollectionDefinition) throws(MetadataError) -> [MetadataWrite]
  {
    let former = catalog[definition.collection]
    let records = snapshot.list(definition.collection)
    let change: DefinitionChange
    do throws(DefinitionChange.Refusal) {
      change = try definition.change(
        from: former, stored: records.isEmpty ? [] : [former?.version ?? 0])
    } catch {
      throw .invalid(error.description)
    }
    switch change {
    case .unchanged, .compatible: return []
    case .filling, .migrating: break
    }
    var writes: [MetadataWrite] = []
    for record in records {
      let value = record.value
      let migrated: MetadataValue
      do throws(MigrationFailure) {
        migrated = try definition.migrated(value, key: record.key, from: former?.version ?? 0)
      } catch {
        throw .invalid(error.description)
      }
      guard migrated != value else { continue }
      writes.append(
        MetadataWrite(
          collection: record.collection, key: record.key, value: migrated,
          expiry: record.expires.map { .at($0) } ?? .never))
    }
    return writes
  }

  /// Gives a collection the indexes that its definition wants: small ones at once, large ones in the background.
  private func index(_ collection: String, _ wanted: [IndexDefinition]) {
    indexBuilder.cancel(collection, keeping: wanted)
    let state = feed.withRoot { $0.collections[collection] }
    var indexes = (state?.indexes ?? []).filter { wanted.contains($0.definition) }
    for definition in wanted where !indexes.contains(where: { $0.definition == definition }) {
      let present = state ?? CollectionState(CollectionName.of(collection))
      if present.records.count <= IndexBuilder.threshold {
        indexes.append(
          CollectionIndex(definition, of: present.records) ?? CollectionIndex(definition))
      } else {
        buildBeside(IndexBuild(collection, definition, of: present))
      }
    }
    feed.withRoot { $0.setIndexes(indexes, of: collection) }
  }

  private func buildBeside(_ build: IndexBuild) {
    // Without a thread there is no index: queries scan, and the next start builds it.
    try? indexBuilder.begin(build) { [weak self] build, built in
      guard let self else { return }
      let index = Mutex(built)
      _ = queue.commit(
        .exclusive {
          guard self.catalog[build.collection]?.allIndexes.contains(build.definition) == true else {
            return
          }
          index.withLock { build.finish(&$0) }
          self.feed.withRoot { root in
            root.add(index.withLock { $0 }, to: build.collection)
          }
        }, perform: { self.commit($0) })
    }
  }
}
