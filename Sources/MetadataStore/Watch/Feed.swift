import Synchronization

/// The published state of the store: the current snapshot, the last changes, and who watches.
///
/// Threading: any thread. Readers of the snapshot share no lock with anybody but the moment in which it is replaced.
final class Feed: Sendable {
  private struct State {
    var history: History
    /// What definitions ask to be kept beyond that, by collection.
    var kept: [String: CollectionHistory] = [:]
    var watches: [String: MetadataWatch] = [:]
    /// The same by the collection that they watch.
    var byCollection: [String: [MetadataWatch]] = [:]
    var outbox: MetadataWatch?
    var isOutboxWanted: @Sendable () -> Bool = { true }
  }

  private let current: Mutex<StoreRoot>
  private let table: RecordTable
  private let state: Mutex<State>

  init(_ root: StoreRoot, historyCapacity: Int) {
    state = Mutex(State(history: History(capacity: historyCapacity, revision: root.revision)))
    table = RecordTable(of: root)
    current = Mutex(root)
  }

  var snapshot: MetadataSnapshot { MetadataSnapshot(current.withLock { $0 }) }
  var heldAfter: UInt64 { state.withLock { $0.history.heldAfter } }
  var watchCount: Int { state.withLock { $0.watches.count } }

  /// Reads one record as it is now, without a lock.
  func get(
    _ hash: UInt64, _ collection: UnsafeBufferPointer<UInt8>, _ key: UnsafeBufferPointer<UInt8>
  ) -> MetadataRecord? {
    switch unsafe table.find(hash, collection, key) {
    case .found(let record): return record
    case .absent: return nil
    case .busy:
      let name = unsafe String(decoding: collection, as: UTF8.self)
      return current.withLock { unsafe $0.find(name, key) }
    }
  }

  /// Reads one record as it is now, for the one writer.
  func getAsWriter(
    _ hash: UInt64, _ collection: UnsafeBufferPointer<UInt8>, _ key: UnsafeBufferPointer<UInt8>
  ) -> MetadataRecord? {
    unsafe table.findAsWriter(hash, collection, key)
  }

  /// Runs `body` on the present root, which must not be kept: a copy that lives would have to be spared by the next write.
  func withRoot<Result: Sendable>(_ body: (inout StoreRoot) -> Result) -> Result {
    current.withLock { body(&$0) }
  }

  /// Makes a transaction visible and wakes its watchers. Called by one writer at a time.
  func publish(_ changes: [MetadataChange], revision: UInt64) {
    let woken = state.withLock { state in
      let start = state.history.end
      // First: a watcher reads the history without a lock, and must see in the snapshot what it reads there.
      current.withLock { root in
        root.revision = revision
        if changes.count == 1 {
          apply(changes[0], &root)
        } else {
          table.together { for change in changes { apply(change, &root) } }
        }
      }
      state.history.append(changes, revision: revision)
      if !state.kept.isEmpty {
        for change in changes { state.kept[change.record.collection]?.append(change) }
      }
      var woken: [(MetadataWatch, UInt64)] = []
      if !state.watches.isEmpty { Self.find(changes, state, start) { woken.append(($0, start)) } }
      if let outbox = state.outbox, state.isOutboxWanted() { woken.append((outbox, start)) }
      return woken
    }
    for (watch, start) in woken { watch.wake(at: start) }
  }

  private func apply(_ change: MetadataChange, _ root: inout StoreRoot) {
    root.apply(change)
    if change.isRemoval {
      if let former = change.previous { table.remove(former) }
    } else {
      table.set(change.record, replacing: change.previous)
    }
  }

  private static func find(
    _ changes: [MetadataChange], _ state: State, _ start: UInt64, _ body: (MetadataWatch) -> Void
  ) {
    if changes.count == 1 {
      for watch in state.byCollection[changes[0].record.collection] ?? []
      where watch.isTold(ofItsOwn: changes[0]) {
        body(watch)
      }
      return
    }
    var seen: [MetadataWatch] = []
    var unseen: [MetadataWatch] = []
    var collection: CollectionName?
    for change in changes {
      let name = change.record.block.header.collection
      if name !== collection {
        collection = name
        unseen = (state.byCollection[name.text] ?? []).filter { watch in
          !seen.contains { $0 === watch }
        }
      }
      if unseen.isEmpty { continue }
      unseen.removeAll { watch in
        guard watch.isTold(ofItsOwn: change) else { return false }
        seen.append(watch)
        body(watch)
        return true
      }
    }
  }

  /// The changes of a record that are held, newest first.
  func changes(of collection: String, _ key: String, limit: Int) -> [MetadataChange] {
    state.withLock { state in
      let kept = state.kept[collection]?.changes(of: collection, key, limit: limit) ?? []
      // Of what both hold the longer one has all.
      let last = state.history.changes(of: collection, key, limit: limit)
      return kept.count > last.count ? kept : last
    }
  }

  /// Sets what a collection's definition asks to be kept.
  func keep(_ policy: HistoryPolicy?, of collection: String) {
    state.withLock { state in
      guard let policy else {
        state.kept[collection] = nil
        return
      }
      state.kept[collection, default: CollectionHistory(policy)].policy = policy
    }
  }

  /// A record as it was at a revision.
  ///
  /// - Throws: `.invalid` for a revision that is still to come, `.notHeld` when changes after it were forgotten.
  func record(
    _ collection: String, _ key: String, at revision: UInt64
  ) throws(MetadataError) -> MetadataRecord? {
    try state.withLock { (state) throws(MetadataError) -> MetadataRecord? in
      guard revision <= state.history.revision else {
        throw .invalid(
          "revision \(revision) is still to come, the store is at \(state.history.revision)")
      }
      guard revision >= state.history.heldAfter else {
        throw .notHeld(revision: revision, oldest: state.history.heldAfter)
      }
      var name = key
      let now = current.withLock { root in name.withUTF8 { unsafe root.find(collection, $0) } }
      return state.history.record(now, collection, key, at: revision)
    }
  }

  /// Adds a watch that begins after a revision.
  ///
  /// - Parameters:
  ///   - watch: The watch, whose name must be free.
  ///   - revision: The revision, or `nil` for now.
  /// - Throws: `.exists`, `.resyncNeeded`, or `.invalid` for a revision that is still to come.
  func add(_ watch: MetadataWatch, after revision: UInt64?) throws(MetadataError) {
    let start = try state.withLock { (state) throws(MetadataError) -> UInt64? in
      guard state.watches[watch.name] == nil else { throw .exists(watch.name) }
      let start = try Self.start(state.history, after: revision)
      state.watches[watch.name] = watch
      state.byCollection[watch.scope?.collection ?? "", default: []].append(watch)
      watch.begin(at: start)
      return start < state.history.end ? start : nil
    }
    if let start { watch.wake(at: start) }
  }

  private static func start(
    _ history: History, after revision: UInt64?
  ) throws(MetadataError) -> UInt64 {
    guard let revision else { return history.end }
    guard revision <= history.revision else {
      throw .invalid(
        "revision \(revision) is still to come, the store is at \(history.revision); "
          + "list the records and watch from there")
    }
    guard let position = history.position(after: revision) else {
      throw .resyncNeeded(from: history.revision)
    }
    return position
  }

  /// Replaces the outbox; the new one begins now.
  ///
  /// - Parameters:
  ///   - outbox: The new one; `nil` for none.
  ///   - isWanted: Whether it is to be woken.
  /// - Returns: The one before.
  func setOutbox(
    _ outbox: MetadataWatch?, _ isWanted: @escaping @Sendable () -> Bool
  ) -> MetadataWatch? {
    state.withLock { state in
      state.isOutboxWanted = isWanted
      outbox?.begin(at: state.history.end)
      let former = state.outbox
      state.outbox = outbox
      return former
    }
  }

  func remove(_ watch: MetadataWatch) {
    state.withLock { state in
      if state.watches[watch.name] === watch {
        state.watches[watch.name] = nil
        state.byCollection[watch.scope?.collection ?? ""]?.removeAll { $0 === watch }
      }
      if state.outbox === watch { state.outbox = nil }
    }
  }

  /// Removes every watch and the outbox.
  ///
  /// - Returns: What was removed.
  func removeAll() -> [MetadataWatch] {
    state.withLock { state in
      let all = Array(state.watches.values) + (state.outbox.map { [$0] } ?? [])
      state.watches = [:]
      state.byCollection = [:]
      state.outbox = nil
      return all
    }
  }

  /// The chunk that a position is in; when it is no longer held, the position after the last change and the revision it is after.
  func chunk(at position: UInt64) -> Result<HistoryChunk, Lost> {
    state.withLock { state in
      state.history.chunk(at: position).map { .success($0) }
        ?? .failure(Lost(end: state.history.end, revision: state.history.revision))
    }
  }

  /// What a watch asked for is no longer held.
  struct Lost: Error {
    /// The position after the last change.
    let end: UInt64
    /// The last revision.
    let revision: UInt64
  }
}
