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
  /// The most writes one transaction may have.
  public static let maximumWrites = 65_536

  /// What the provider found and repaired when the store was opened.
  public let loadReport: LoadReport

  private let saver: Saver
  private let queue = CommitQueue()
  private let feed: Feed
  private let deliveryThread: DeliveryThread?
  private let dispatch: Dispatch
  private let lastRevision: Mutex<UInt64>
  private let isClosed = Atomic(false)
  private let reads = Atomic(0)
  private let writes = Atomic(0)
  private let conflicts = Atomic(0)

  /// Opens a store and loads every record.
  ///
  /// - Parameters:
  ///   - provider: Where the records outlive the process; the store closes it.
  ///   - historyCapacity: How many of the last changes watches can fall behind, 1 or more.
  ///   - dispatch: Where the handlers of watches run; a thread of the store's own when `nil`.
  /// - Throws: What the provider throws, or `.storage` when the system has no threads to give.
  public init(
    _ provider: any PersistenceProvider = MemoryProvider(),
    historyCapacity: Int = defaultHistoryCapacity, dispatch: Dispatch? = nil
  ) throws(MetadataError) {
    var collections = OrderedMap<OrderedMap<MetadataRecord>>()
    var count = 0
    let report = try provider.load { record in
      let records = collections[record.collection] ?? OrderedMap()
      collections = collections.setting(
        record.collection, to: records.setting(record.key, to: record))
      count += 1
    }
    loadReport = report
    lastRevision = Mutex(report.revision)
    feed = Feed(
      MetadataSnapshot(revision: report.revision, count: count, collections: collections),
      historyCapacity: historyCapacity)
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
  }

  /// The whole store as it is now.
  public var snapshot: MetadataSnapshot { feed.snapshot }

  /// Reads one record as it is now.
  ///
  /// - Returns: The record, or `nil` when there is none.
  public func get(_ collection: String, _ key: String) -> MetadataRecord? {
    reads.wrappingAdd(1, ordering: .relaxed)
    return feed.snapshot.get(collection, key)
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
    guard (1...Self.maximumWrites).contains(writes.count) else {
      throw .invalid(
        "a transaction of \(writes.count) writes; give 1…\(Self.maximumWrites)")
    }
    for write in writes { try write.validate() }
    return try queue.commit(writes) { writes in
      do throws(MetadataError) {
        return .success(try self.commit(writes))
      } catch {
        if case .conflict = error { self.conflicts.wrappingAdd(1, ordering: .relaxed) }
        return .failure(error)
      }
    }.get()
  }

  /// Commits one transaction. Runs on one thread at a time: that of the queue's leader.
  private func commit(_ writes: [MetadataWrite]) throws(MetadataError) -> [WriteReceipt] {
    guard !isClosed.load(ordering: .acquiring) else { throw .closed }
    let revision = lastRevision.withLock { $0 + 1 }
    let transaction = try Transaction(writes, on: feed.snapshot, revision: revision)
    let asked = writes.reduce(Durability.memory) { max($0, $1.durability) }
    // Also a failed attempt uses its revision up: a trace of it on disk must not look like the next one.
    lastRevision.withLock { $0 = revision }
    let reached = try saver.save(transaction.batch, durability: asked)
    feed.publish(transaction)
    self.writes.wrappingAdd(writes.count, ordering: .relaxed)
    return transaction.versions.map { version in
      WriteReceipt(version: version, revision: revision, durability: reached)
    }
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
    guard !isClosed.load(ordering: .acquiring) else { throw .closed }
    try MetadataWrite.validate(collection: collection)
    let watch = MetadataWatch(
      name: name, collection: collection, prefix: prefix, feed: feed, dispatch: dispatch,
      handler: handler)
    try feed.add(watch, after: revision)
    return watch
  }

  /// Sets who is told of every committed change of any collection, in order of commit, off the writer's path.
  ///
  /// - Parameter handler: As that of a watch; `nil` for nobody. The former one may get a last call meanwhile.
  public func setOutbox(_ handler: (@Sendable (MetadataWatchEvent) -> Void)?) {
    let outbox = handler.map { handler in
      MetadataWatch(
        name: "outbox", collection: nil, prefix: "", feed: feed, dispatch: dispatch,
        handler: handler)
    }
    feed.setOutbox(outbox)?.cancel(until: Deadline(nanoseconds: 0))
  }

  /// Saves everything that was acknowledged as `memory`, and makes what is `os` `disk` when that is asked.
  ///
  /// - Parameter durability: `os` or `disk`.
  /// - Throws: `.storage`; what was not saved is tried again later.
  public func flush(_ durability: Durability = .disk) throws(MetadataError) {
    try saver.flush(durability)
  }

  /// What the store holds and has done.
  public var stats: MetadataStats {
    let snapshot = feed.snapshot
    return MetadataStats(
      records: snapshot.count, revision: snapshot.revision,
      reads: reads.load(ordering: .relaxed), writes: writes.load(ordering: .relaxed),
      conflicts: conflicts.load(ordering: .relaxed), watchers: feed.watchCount,
      unsaved: saver.unsaved, saveFailure: saver.failure)
  }

  /// Ends every watch, saves what waits, and closes the provider. Later calls do nothing; reads still work.
  ///
  /// - Throws: `.storage` when something acknowledged as `memory` could not be saved.
  public func close() throws(MetadataError) {
    guard isClosed.exchange(true, ordering: .acquiringAndReleasing) == false else { return }
    for watch in feed.removeAll() { watch.cancel() }
    deliveryThread?.stop()
    try saver.close()
  }

  deinit {
    try? close()
  }
}
