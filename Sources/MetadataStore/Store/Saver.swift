import HostSupport

/// The one caller of a provider: saves batches in order of revision, behind the writer's back or before it is told.
///
/// Threading: any thread; the provider is called with no lock held, by whoever has made the saver busy.
final class Saver: Sendable {
  private struct State {
    var pending: [PersistenceBatch] = []
    /// When the first of them came.
    var oldest: Deadline?
    var isBusy = false
    /// Who waits until it is not.
    var waiters = 0
    var isClosed = false
    var retryAt: Deadline?
    var failure: String?
  }

  /// How many batches may wait before a `memory` write has to help with saving.
  static let pendingLimit = 65_536
  private static let retryMilliseconds = 200

  private let provider: any PersistenceProvider
  private let state = Monitor(State())
  private let thread: Thread?

  /// Starts the thread that writes behind, unless the provider keeps nothing.
  ///
  /// - Throws: The system's error when it has no thread to give.
  init(_ provider: any PersistenceProvider) throws(SystemError) {
    self.provider = provider
    guard provider.strongest > .memory else {
      thread = nil
      return
    }
    let state = self.state
    thread = try Thread(name: "meta-save") {
      while Self.awaitWork(state) { Self.drainOnce(state, provider) }
    }
  }

  /// Whether nothing is kept, so that nothing need be saved.
  var isVolatile: Bool { provider.strongest == .memory }

  /// Batches that were acknowledged as `memory` and are not saved yet.
  var unsaved: Int { state.withLock { $0.pending.count } }

  /// When the oldest of these was acknowledged; `nil` when nothing waits.
  var unsavedSince: Deadline? { state.withLock { $0.pending.isEmpty ? nil : $0.oldest } }

  /// Finds keys by words in what is saved, after all that waits was saved; `nil` when the provider cannot.
  ///
  /// - Throws: `.storage` or `.closed`.
  func search(_ words: String, in collection: String) throws(MetadataError) -> [String]? {
    guard !isVolatile else { return nil }
    return try exclusively { () throws(MetadataError) -> [String]? in
      try Self.drain(state, provider)
      return try provider.search(words, in: collection)
    }
  }

  /// Why the last attempt to write behind failed; `nil` after one that worked.
  var failure: String? { state.withLock { $0.failure } }

  /// Saves a batch as safely as asked, after all that wait before it.
  ///
  /// - Returns: The safety that was reached.
  /// - Throws: `.storage` or `.closed`; the batch was then not taken.
  func save(
    _ batch: PersistenceBatch, durability: Durability
  ) throws(MetadataError) -> Durability {
    guard provider.strongest > .memory else { return .memory }
    if durability == .memory {
      let taken = try state.update { (state) throws(MetadataError) -> Bool in
        guard !state.isClosed else { throw .closed }
        guard state.pending.count < Self.pendingLimit else { return false }
        if state.pending.isEmpty { state.oldest = .after(milliseconds: 0) }
        state.pending.append(batch)
        return true
      }
      if taken { return .memory }
    }
    return try exclusively { () throws(MetadataError) -> Durability in
      try Self.drain(state, provider)
      return try provider.save(batch, durability: max(durability, .os))
    }
  }

  /// Saves all that waits.
  ///
  /// - Parameter durability: With `disk` everything that was saved before is brought there too.
  /// - Throws: `.storage`; what was not saved still waits.
  func flush(_ durability: Durability) throws(MetadataError) {
    try exclusively { () throws(MetadataError) in
      try Self.drain(state, provider)
      if durability == .disk { try provider.sync() }
    }
  }

  /// Saves all that waits and closes the provider, whether or not the saving worked.
  ///
  /// - Throws: `.storage` with the first failure.
  func close() throws(MetadataError) {
    state.update { $0.isClosed = true }
    thread?.join()
    try exclusively(closing: true) { () throws(MetadataError) in
      var failure: MetadataError?
      do throws(MetadataError) {
        try Self.drain(state, provider)
      } catch { failure = error }
      do throws(MetadataError) { try provider.close() } catch { failure = failure ?? error }
      if let failure { throw failure }
    }
  }

  private func exclusively<Result: Sendable>(
    closing: Bool = false, _ body: () throws(MetadataError) -> Result
  ) throws(MetadataError) -> Result {
    let isOpen = state.withLock { Self.begin(&$0, closing) } ?? awaitTurn(closing)
    guard isOpen else { throw .closed }
    defer { end() }
    return try body()
  }

  /// Makes the saver busy; `nil` when it is already, `false` when it is closed.
  private static func begin(_ state: inout State, _ closing: Bool) -> Bool? {
    guard !state.isBusy else { return nil }
    guard closing || !state.isClosed else { return false }
    state.isBusy = true
    return true
  }

  private func awaitTurn(_ closing: Bool) -> Bool {
    state.withLock { $0.waiters += 1 }
    return state.wait(until: .never) { state in
      guard let isOpen = Self.begin(&state, closing) else { return nil }
      state.waiters -= 1
      return isOpen
    } ?? false
  }

  /// Lets the next one have its turn. To wake the thread that writes behind for nothing would cost each save two switches.
  private func end() {
    let isAwaited = state.withLock { state in
      state.isBusy = false
      return state.waiters > 0 || !state.pending.isEmpty
    }
    if isAwaited { state.update { _ in } }
  }

  /// Waits until there is something to write behind and makes the saver busy.
  ///
  /// - Returns: False when the saver is closed.
  private static func awaitWork(_ state: Monitor<State>) -> Bool {
    while true {
      let retryAt = state.withLock { $0.retryAt } ?? .never
      let work = state.wait(until: retryAt) { state -> Bool? in
        if state.isClosed { return false }
        if state.isBusy || state.pending.isEmpty { return nil }
        if let retryAt = state.retryAt, !retryAt.hasPassed { return nil }
        state.retryAt = nil
        state.isBusy = true
        return true
      }
      if let work { return work }
    }
  }

  private static func drainOnce(_ state: Monitor<State>, _ provider: any PersistenceProvider) {
    do {
      try drain(state, provider, atMost: 256)
    } catch {
      state.withLock { $0.retryAt = .after(milliseconds: retryMilliseconds) }
    }
    state.update { $0.isBusy = false }
  }

  private static func drain(
    _ state: Monitor<State>, _ provider: any PersistenceProvider, atMost limit: Int = .max
  ) throws(MetadataError) {
    let batches = state.withLock { Array($0.pending.prefix(limit)) }
    var saved = 0
    defer { state.withLock { $0.pending.removeFirst(saved) } }
    do {
      for batch in batches {
        _ = try provider.save(batch, durability: .os)
        saved += 1
      }
      // What came meanwhile is younger than this moment less one portion's time.
      state.withLock { $0.oldest = .after(milliseconds: 0) }
      if saved > 0 { state.withLock { $0.failure = nil } }
    } catch {
      state.withLock { $0.failure = error.description }
      throw error
    }
  }
}
