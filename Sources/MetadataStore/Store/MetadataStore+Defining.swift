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

  /// Bounds what the whole store may hold; what it holds already stays.
  ///
  /// - Parameter limit: The bound; `nil` for none.
  public func setLimit(_ limit: StoreLimit?) { quotas.limit = limit }

  /// Commits a transaction of one write to `dovetail.collections`. Called by the leader.
  func define(_ transaction: MetadataTransaction) -> CommitQueue.Outcome {
    do throws(MetadataError) {
      guard transaction.isSingle, transaction.otherwise.isEmpty,
        let write = transaction.writes.first
      else {
        throw .invalid(
          "a transaction that defines a collection has other writes too; define it by itself")
      }
      let records = snapshot.list(write.key)
      let redefinition = try Redefinition(
        of: write.key, document: write.value, from: catalog[write.key],
        kept: snapshot.get(write.collection, write.key)?.value, isEmpty: records.isEmpty)
      let migrated = try Self.migrated(records, redefinition)
      let draft = draft(isSingle: false)
      let checks = DefinitionChecks(
        redefinition: redefinition, records: records, catalog: catalog, now: draft.now)
      let part = try draft.add(transaction, following: migrated, checks: checks)
      let reached = try save(draft, transaction.durability)
      if part.conditionsHeld {
        index(write.key, redefinition.new?.allIndexes ?? [])
        feed.keep(redefinition.new?.history, of: write.key)
      }
      return .success(receipt(part, reached))
    } catch {
      return .failure(counted(error))
    }
  }

  /// What the collection's records must become.
  private static func migrated(
    _ records: [MetadataRecord], _ redefinition: Redefinition
  ) throws(MetadataError) -> [MetadataWrite] {
    var writes: [MetadataWrite] = []
    for record in records {
      guard let value = try redefinition.rewritten(record) else { continue }
      writes.append(
        MetadataWrite(
          collection: record.collection, key: record.key, value: value,
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
          guard !build.isGivenUp else { return }
          index.withLock { build.finish(&$0) }
          self.feed.withRoot { root in
            root.add(index.withLock { $0 }, to: build.collection)
          }
        }, by: self)
    }
  }
}

extension MetadataWrite {
  /// The value that is put; `nil` for a removal.
  fileprivate var value: MetadataValue? {
    guard case .put(let value) = action else { return nil }
    return value.value
  }
}
