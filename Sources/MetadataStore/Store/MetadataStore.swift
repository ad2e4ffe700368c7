import HostSupport
import Synchronization

/// Typed, versioned records in collections: any number of readers, one writer at a time, watches, and a provider on disk.
///
/// Everything is held in memory as an immutable tree. A reader takes the current root and sees one consistent snapshot for as
/// long as it likes. A transaction is checked against the newest root, saved as safely as it asks, and only then published.
///
/// Threading: every method may be called from any thread, also from the handlers of watches, but not from a provider.
public final class MetadataStore: Sendable {
  /// Runs a job later, on a thread of its choice. It must not run it before it returns.
  public typealias Dispatch = @Sendable (@escaping @Sendable () -> Void) -> Void

  /// How many of the last changes are held for watches, at least, unless the opener says otherwise.
  public static let defaultHistoryCapacity = 8192

  /// What the provider found and repaired when the store was opened.
  public let loadReport: LoadReport

  let saver: Saver
  let queue = CommitQueue()
  let feed: Feed
  let catalog: Catalog
  let quotas = Quotas()
  /// Who is asked before a write counts.
  public let validators: ValidatorRegistry
  let indexBuilder = IndexBuilder()
  let sweeper = Sweeper()
  private let deliveryThread: DeliveryThread?
  private let dispatch: Dispatch
  let lastRevision: Atomic<UInt64>
  let isClosed = Atomic(false)
  private let readCounter = StripedCounter()
  let writes = Atomic(0)
  let conflicts = Atomic(0)

  /// Opens a store and loads every record.
  ///
  /// - Parameters:
  ///   - provider: Where the records outlive the process; the store closes it.
  ///   - historyCapacity: How many of the last changes watches can fall behind, 1 or more.
  ///   - validators: Who is asked before a write counts.
  ///   - dispatch: Where the handlers of watches run; a thread of the store's own when `nil`.
  /// - Throws: What the provider throws, or `.storage` when the system has no threads to give.
  public init(
    _ provider: any PersistenceProvider = MemoryProvider(),
    historyCapacity: Int = defaultHistoryCapacity,
    validators: ValidatorRegistry = ValidatorRegistry(), dispatch: Dispatch? = nil
  ) throws(MetadataError) {
    self.validators = validators
    var collections: [String: [MetadataRecord]] = [:]
    let report = try provider.load { record in
      collections[record.collection, default: []].append(record)
    }
    var root = StoreRoot(revision: report.revision, collections)
    catalog = Catalog(of: root)
    loadReport = LoadReport(revision: report.revision, notes: report.notes + catalog.notes)
    lastRevision = Atomic(report.revision)
    Self.index(&root, catalog)
    feed = Feed(root, historyCapacity: historyCapacity)
    for definition in catalog.all { feed.keep(definition.history, of: definition.collection) }
    var thread: DeliveryThread?
    do throws(SystemError) {
      if dispatch == nil { thread = try DeliveryThread(name: "meta-watch") }
      saver = try Saver(provider)
    } catch {
      thread?.stop()
      try? provider.close()
      throw .storage(error.description)
    }
    deliveryThread = thread
    self.dispatch = dispatch ?? { [thread] job in thread?.run(job) }
    sweep(collections.values.joined())
  }

  /// Gives collections their indexes, before anybody else has the root.
  private static func index(_ root: inout StoreRoot, _ catalog: Catalog) {
    for definition in catalog.all {
      guard let state = root.collections[definition.collection] else { continue }
      let indexes = definition.allIndexes.compactMap { CollectionIndex($0, of: state.records) }
      root.setIndexes(indexes, of: definition.collection)
    }
  }

  /// A hash of the name of a collection, for caches of decisions about it; never 0.
  ///
  /// - Parameter collection: The name's bytes.
  /// - Returns: What `MetadataRecord.collectionHash` is for its records.
  package static func collectionHash(of collection: UnsafeBufferPointer<UInt8>) -> UInt64 {
    unsafe CollectionName.hash(of: collection)
  }

  /// The whole store as it is now.
  public var snapshot: MetadataSnapshot { feed.snapshot }

  /// Reads one record as it is now.
  ///
  /// - Returns: The record, or `nil` when there is none.
  public func get(_ collection: String, _ key: String) -> MetadataRecord? {
    var (collection, key) = (collection, key)
    return collection.withUTF8 { name in key.withUTF8 { unsafe get(name, $0) } }
  }

  /// As `get`, of names as bytes.
  package func get(
    _ collection: UnsafeBufferPointer<UInt8>, _ key: UnsafeBufferPointer<UInt8>
  ) -> MetadataRecord? {
    readCounter.count()
    return unsafe feed.get(KeyHash.of(collection, key), collection, key)
  }

  /// A record as it was at a revision.
  ///
  /// - Parameters:
  ///   - collection: The collection's name.
  ///   - key: The record's name.
  ///   - revision: Of the last changes that are held.
  /// - Returns: The record, or `nil` when there was none.
  /// - Throws: `.notHeld`, or `.invalid` for a revision that is still to come.
  public func get(
    _ collection: String, _ key: String, at revision: UInt64
  ) throws(MetadataError) -> MetadataRecord? {
    try feed.record(collection, key, at: revision)
  }

  /// The last changes of one record, newest first, as far as they are held.
  ///
  /// - Parameters:
  ///   - collection: The collection's name.
  ///   - key: The record's name.
  ///   - limit: The most to return.
  /// - Returns: The changes.
  public func history(
    _ collection: String, _ key: String, limit: Int = .max
  ) -> [MetadataChange] {
    feed.changes(of: collection, key, limit: limit)
  }

  /// Creates or changes one record.
  ///
  /// - Parameter write: The write, made by `MetadataWrite.init`.
  /// - Returns: The version, the revision, and the safety that was reached.
  /// - Throws: `.conflict` with the current record, `.invalid`, `.tooLarge`, `.storage` or `.closed`; nothing changed.
  @discardableResult
  public func put(_ write: MetadataWrite) throws(MetadataError) -> WriteReceipt {
    guard case .put = write.action else { throw .invalid("put was given a removal; use remove") }
    return try transaction([write])[0]
  }

  /// Removes one record.
  ///
  /// - Parameters:
  ///   - collection: The collection's name.
  ///   - key: The record's name.
  ///   - expectation: `any`, or the version that it must have.
  ///   - durability: The least safety that is asked.
  /// - Returns: Version 0, the revision, and the safety that was reached.
  /// - Throws: `.notFound`, else as `put`.
  @discardableResult
  public func remove(
    _ collection: String, _ key: String, expectation: MetadataWrite.Expectation = .any,
    durability: Durability = .disk
  ) throws(MetadataError) -> WriteReceipt {
    let write = MetadataWrite.removing(
      key, from: collection, expectation: expectation, durability: durability)
    return try transaction([write])[0]
  }

  /// Does several writes or none of them, under one revision.
  ///
  /// Each write sees the ones before it. The strongest durability of the writes counts for all.
  ///
  /// - Parameter writes: 1…65,536 writes.
  /// - Returns: A receipt for each write, in order.
  /// - Throws: The error of the first write that cannot be done; nothing changed.
  @discardableResult
  public func transaction(_ writes: [MetadataWrite]) throws(MetadataError) -> [WriteReceipt] {
    try transaction(MetadataTransaction(writes)).receipts
  }

  /// Does one list of writes or another, depending on what is there, all or none of it, under one revision.
  ///
  /// - Parameter transaction: Conditions and writes; at least one of the lists has a write.
  /// - Returns: Which list happened and what it did.
  /// - Throws: `.conflict` with the current record, `.notFound`, `.invalid`, `.tooLarge`, `.quota`, `.vetoed`, `.storage`,
  ///   `.writesWhileJudging` or `.closed`; nothing changed.
  @discardableResult
  public func transaction(
    _ transaction: MetadataTransaction
  ) throws(MetadataError) -> TransactionReceipt {
    try transaction.validate()
    guard !validators.isJudging else { throw .writesWhileJudging }
    return try queue.commit(.transaction(transaction), by: self).get()
  }

  /// Watches the records of a collection whose keys begin with a prefix.
  ///
  /// - Parameters:
  ///   - name: Unique in the store; used in messages.
  ///   - collection: The collection's name; it need not exist yet.
  ///   - prefix: What the keys begin with; empty for all.
  ///   - revision: Report changes after this revision; `nil` for changes from now on.
  ///   - handler: Called in order of revision, one call at a time, with no lock held. It may call the store.
  /// - Returns: The watch, which runs until it is cancelled or the store is closed.
  /// - Throws: `.exists`, `.invalid`, `.closed`, or `.resyncNeeded` when changes after `revision` are no longer held.
  @discardableResult
  public func watch(
    _ name: String, collection: String, prefix: String = "", after revision: UInt64? = nil,
    _ handler: @escaping @Sendable (MetadataWatchEvent) -> Void
  ) throws(MetadataError) -> MetadataWatch {
    try watch(name, WatchScope(collection: collection, prefix: prefix), after: revision, handler)
  }

  /// Watches the records of a scope. What means nothing to the watch does not wake it.
  ///
  /// - Parameters:
  ///   - name: Unique in the store; used in messages.
  ///   - scope: The records. Its condition is held against each change by the writer, and must be quick.
  ///   - revision: Report changes after this revision; `nil` for changes from now on.
  ///   - handler: Called in order of revision, one call at a time, with no lock held. It may call the store.
  /// - Returns: The watch, which runs until it is cancelled or the store is closed.
  /// - Throws: `.exists`, `.invalid`, `.closed`, or `.resyncNeeded` when changes after `revision` are no longer held.
  @discardableResult
  public func watch(
    _ name: String, _ scope: WatchScope, after revision: UInt64? = nil,
    _ handler: @escaping @Sendable (MetadataWatchEvent) -> Void
  ) throws(MetadataError) -> MetadataWatch {
    guard !isClosed.load(ordering: .acquiring) else { throw .closed }
    try MetadataWrite.validate(collection: scope.collection)
    let watch = MetadataWatch(
      name: name, scope: scope, feed: feed, dispatch: dispatch, handler: handler)
    try feed.add(watch, after: revision)
    return watch
  }

  /// Sets who is told of every committed change of any collection, in order of commit, off the writer's path.
  ///
  /// - Parameters:
  ///   - isWanted: Asked by the writer at each transaction whether the handler is to be told of it; must be quick.
  ///   - handler: As that of a watch; `nil` for nobody. The former one may get a last call meanwhile.
  public func setOutbox(
    isWanted: @escaping @Sendable () -> Bool = { true },
    _ handler: (@Sendable (MetadataWatchEvent) -> Void)?
  ) {
    let outbox = handler.map { handler in
      MetadataWatch(
        name: "outbox", scope: nil, feed: feed, dispatch: dispatch, handler: handler)
    }
    feed.setOutbox(outbox, isWanted)?.cancel(until: Deadline(nanoseconds: 0))
  }

  /// Saves everything that was acknowledged as `memory`, and makes what is `os` `disk` when that is asked.
  ///
  /// - Parameter durability: `os` or `disk`.
  /// - Throws: `.storage`; what was not saved is tried again later.
  public func flush(_ durability: Durability = .disk) throws(MetadataError) {
    guard !validators.isJudging else { throw .writesWhileJudging }
    try saver.flush(durability)
  }

  /// What the store holds and has done.
  public var stats: MetadataStats {
    let snapshot = feed.snapshot
    return MetadataStats(
      records: snapshot.count, bytes: snapshot.bytes, revision: snapshot.revision,
      reads: readCounter.value, writes: writes.load(ordering: .relaxed),
      conflicts: conflicts.load(ordering: .relaxed), watchers: feed.watchCount,
      unsaved: saver.unsaved,
      unsavedAge: saver.unsavedSince.map { Deadline.now() &- $0.nanoseconds } ?? 0,
      indexes: snapshot.root.indexSizes, expiring: sweeper.count, heldAfter: feed.heldAfter,
      limit: quotas.limit, saveFailure: saver.failure)
  }

  /// Ends every watch, saves what waits, and closes the provider. Later calls do nothing; reads still work.
  ///
  /// - Throws: `.storage` when something acknowledged as `memory` could not be saved.
  public func close() throws(MetadataError) {
    guard isClosed.exchange(true, ordering: .acquiringAndReleasing) == false else { return }
    sweeper.stop()
    indexBuilder.stop()
    for watch in feed.removeAll() { watch.cancel() }
    deliveryThread?.stop()
    try saver.close()
  }

  deinit {
    try? close()
  }
}
