import Synchronization

/// The published state of the store: the current snapshot, the last changes, and who watches.
///
/// Threading: any thread. Readers of the snapshot share no lock with anybody but the moment in which it is replaced.
final class Feed: Sendable {
  private struct State {
    var history: History
    var watches: [String: MetadataWatch] = [:]
    var outbox: MetadataWatch?
  }

  private let current: Mutex<MetadataSnapshot>
  private let state: Mutex<State>

  init(_ snapshot: MetadataSnapshot, historyCapacity: Int) {
    current = Mutex(snapshot)
    state = Mutex(
      State(history: History(capacity: historyCapacity, revision: snapshot.revision)))
  }

  var snapshot: MetadataSnapshot { current.withLock { $0 } }
  var watchCount: Int { state.withLock { $0.watches.count } }

  /// Makes a transaction visible and wakes its watchers. Called by one writer at a time.
  func publish(_ transaction: Transaction) {
    let woken = state.withLock { state in
      let start = state.history.end
      state.history.append(transaction.changes, revision: transaction.snapshot.revision)
      // Inside the lock: a watcher that reads the change must also see it in the snapshot.
      current.withLock { $0 = transaction.snapshot }
      var woken = state.watches.values.filter { watch in
        transaction.changes.contains(where: watch.matches)
      }
      if let outbox = state.outbox { woken.append(outbox) }
      return woken.map { ($0, start) }
    }
    for (watch, start) in woken { watch.wake(at: start) }
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
  /// - Returns: The one before.
  func setOutbox(_ outbox: MetadataWatch?) -> MetadataWatch? {
    state.withLock { state in
      outbox?.begin(at: state.history.end)
      let former = state.outbox
      state.outbox = outbox
      return former
    }
  }

  func remove(_ watch: MetadataWatch) {
    state.withLock { state in
      if state.watches[watch.name] === watch { state.watches[watch.name] = nil }
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
      state.outbox = nil
      return all
    }
  }

  func read(from position: UInt64) -> History.Reading {
    state.withLock { $0.history.read(from: position, limit: 64) }
  }
}
