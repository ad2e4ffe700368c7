import HostSupport

/// Saves what a store in memory has into a provider now and then, without stopping its writers: from a snapshot, and only what
/// changed since the one before.
///
/// Up to `batchCount` changes are one batch: after a crash the provider has that snapshot or the former one. More of them are several
/// batches, of which a crash may leave the first; each record is whole in any case.
///
/// Threading: any thread. The provider is called by one thread at a time, with no lock of the store held.
public final class SnapshotSaver: Sendable {
  /// How saving goes.
  public struct Stats: Sendable, Equatable {
    /// The revision that the provider has.
    public var revision: UInt64
    /// Milliseconds since a snapshot was last found to be in the provider.
    public var age: Int
    /// Snapshots that had changes.
    public var snapshots = 0
    /// Records put or removed by all of them.
    public var changes = 0
    /// Why the last attempt failed; `nil` after one that worked.
    public var failure: String?
  }

  private struct State {
    /// What the provider has.
    var saved: MetadataSnapshot
    var savedAt: UInt64
    var snapshots = 0
    var changes = 0
    var failure: String?
    var isBusy = false
    var isClosed = false
    /// Whether what the provider has need not be a snapshot of this store, so that each record is compared.
    var isForeign: Bool
    /// Records that a failed attempt may have put although they are gone since.
    var doubtful: [PersistenceOperation] = []
  }

  /// The most changes that are saved in one batch.
  public static let batchCount = 10_000

  private let target: any PersistenceProvider
  private let snapshot: @Sendable () -> MetadataSnapshot
  private let state: Monitor<State>
  private let thread: Thread

  /// Starts to save.
  ///
  /// - Parameters:
  ///   - milliseconds: How long to wait between two snapshots, 1….
  ///   - target: Where they go: opened, and holding what `start` shows. It is closed with the saver.
  ///   - start: The store as it was loaded from the target.
  ///   - snapshot: The store as it is now.
  /// - Throws: `.storage` when the system has no thread to give.
  public convenience init(
    every milliseconds: Int, to target: any PersistenceProvider, since start: MetadataSnapshot,
    _ snapshot: @escaping @Sendable () -> MetadataSnapshot
  ) throws(MetadataError) {
    try self.init(milliseconds, target, start, isForeign: false, snapshot)
  }

  /// Goes on with a provider that was away: it has a snapshot of before, or a part of one.
  ///
  /// - Parameters:
  ///   - milliseconds: How long to wait between two snapshots, 1….
  ///   - target: Where they go; not yet open. It is closed with the saver.
  ///   - snapshot: The store as it is now.
  /// - Throws: What the provider throws; `.storage` when it has what this store never had, or when the system has no thread to
  ///   give. It is closed then.
  public convenience init(
    every milliseconds: Int, resuming target: any PersistenceProvider,
    _ snapshot: @escaping @Sendable () -> MetadataSnapshot
  ) throws(MetadataError) {
    var collections: [String: [MetadataRecord]] = [:]
    let found = try target.load { collections[$0.collection, default: []].append($0) }.revision
    do throws(MetadataError) {
      let present = snapshot().revision
      guard found <= present else {
        throw .storage(
          "'\(target.name)' has revision \(found), but the store in memory \(present): somebody else "
            + "wrote to it; restart the host to go on from there")
      }
      let kept = MetadataSnapshot(StoreRoot(revision: found, collections))
      try self.init(milliseconds, target, kept, isForeign: true, snapshot)
    } catch {
      try? target.close()
      throw error
    }
  }

  private init(
    _ milliseconds: Int, _ target: any PersistenceProvider, _ start: MetadataSnapshot,
    isForeign: Bool, _ snapshot: @escaping @Sendable () -> MetadataSnapshot
  ) throws(MetadataError) {
    let state = Monitor(State(saved: start, savedAt: Deadline.now(), isForeign: isForeign))
    self.target = target
    self.snapshot = snapshot
    self.state = state
    do throws(SystemError) {
      thread = try Thread(name: "meta-snapshot") {
        while Self.pause(state, milliseconds) {
          // A failure is kept for `stats`, and the next attempt saves what this one has not.
          try? Self.save(state, target, snapshot)
        }
      }
    } catch {
      throw .storage("cannot start to save snapshots: \(error)")
    }
  }

  /// - Returns: False when the saver is closed.
  private static func pause(_ state: Monitor<State>, _ milliseconds: Int) -> Bool {
    state.wait(until: .after(milliseconds: milliseconds)) { $0.isClosed ? false : nil } ?? true
  }

  /// How saving goes.
  public var stats: Stats {
    state.withLock { state in
      Stats(
        revision: state.saved.revision,
        age: Int((Deadline.now() &- state.savedAt) / 1_000_000), snapshots: state.snapshots,
        changes: state.changes, failure: state.failure)
    }
  }

  /// Saves a snapshot now.
  ///
  /// - Throws: `.storage` of the provider, or `.closed`; it is tried again with the next one.
  public func save() throws(MetadataError) {
    guard !state.withLock({ $0.isClosed }) else { throw .closed }
    try Self.save(state, target, snapshot)
  }

  /// Saves a last snapshot and closes the provider, whether or not that worked.
  ///
  /// - Throws: `.storage` with the first failure.
  public func close() throws(MetadataError) {
    let wasClosed = state.update { state in
      defer { state.isClosed = true }
      return state.isClosed
    }
    guard !wasClosed else { return }
    thread.join()
    var failure: MetadataError?
    do throws(MetadataError) {
      try Self.save(state, target, snapshot)
    } catch { failure = error }
    do throws(MetadataError) { try target.close() } catch { failure = failure ?? error }
    if let failure { throw failure }
  }

  private static func save(
    _ state: Monitor<State>, _ target: any PersistenceProvider,
    _ snapshot: () -> MetadataSnapshot
  ) throws(MetadataError) {
    let work = state.wait(until: .never) {
      state -> (saved: MetadataSnapshot, isForeign: Bool, doubtful: [PersistenceOperation])? in
      guard !state.isBusy else { return nil }
      state.isBusy = true
      return (state.saved, state.isForeign, state.doubtful)
    }
    guard let work else { return }
    let now = snapshot()
    let startedAt = Deadline.now()
    let changes = SnapshotDifference(
      from: work.saved, to: now, isForeign: work.isForeign, doubtful: work.doubtful
    ).operations
    do throws(MetadataError) {
      if now.revision > work.saved.revision || !changes.isEmpty {
        try save(changes, revision: now.revision, to: target)
      }
      state.update { state in
        state.saved = now
        state.savedAt = startedAt
        state.failure = nil
        state.doubtful = []
        state.isForeign = false
        state.changes += changes.count
        if !changes.isEmpty { state.snapshots += 1 }
        state.isBusy = false
      }
    } catch {
      state.update { state in
        state.failure = error.description
        state.doubtful = changes
        state.isBusy = false
      }
      throw error
    }
  }

  private static func save(
    _ changes: [PersistenceOperation], revision: UInt64, to target: any PersistenceProvider
  ) throws(MetadataError) {
    var rest = changes[...]
    // Also without a change, for the revision must not go back: what was written is gone already.
    repeat {
      let batch = PersistenceBatch(
        revision: revision, operations: Array(rest.prefix(batchCount)))
      rest = rest.dropFirst(batchCount)
      _ = try target.save(batch, durability: rest.isEmpty ? .disk : .os)
    } while !rest.isEmpty
  }

  deinit { try? close() }
}
