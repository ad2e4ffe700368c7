import HostSupport
import MetadataStore

/// The provider that a host's store is on: another one, which can be exchanged while the store is open.
///
/// Threading: any thread. Calls wait while the provider is exchanged.
final class SwitchableProvider: PersistenceProvider {
  private struct State {
    var present: any PersistenceProvider
    var calls = 0
    var isHeld = false
    /// The greatest revision that was shown or saved.
    var revision: UInt64 = 0
  }

  private let state: Monitor<State>

  /// Begins with a provider.
  init(_ present: any PersistenceProvider) {
    state = Monitor(State(present: present))
  }

  /// The provider behind it.
  var present: any PersistenceProvider { state.withLock { $0.present } }

  var name: String { present.name }
  var strongest: Durability { present.strongest }
  var keepsMetrics: Bool { present.keepsMetrics }

  private func with<Result>(
    _ body: (any PersistenceProvider) throws(MetadataError) -> Result
  ) throws(MetadataError) -> Result {
    _ = state.wait(until: .never) { state -> Bool? in
      guard !state.isHeld else { return nil }
      state.calls += 1
      return true
    }
    defer { state.update { $0.calls -= 1 } }
    return try body(present)
  }

  /// Holds all calls up, and puts another provider in the place of the present one.
  ///
  /// - Parameter body: Gets the present provider and the greatest revision that was saved; gives its successor.
  /// - Returns: The former provider, which the caller closes.
  /// - Throws: What `body` throws; the present one stays.
  func exchange(
    _ body: (any PersistenceProvider, UInt64) throws(MetadataError) -> any PersistenceProvider
  ) throws(MetadataError) -> any PersistenceProvider {
    _ = state.wait(until: .never) { state -> Bool? in
      guard !state.isHeld else { return nil }
      state.isHeld = true
      return true
    }
    defer { state.update { $0.isHeld = false } }
    _ = state.wait(until: .never) { $0.calls == 0 ? true : nil }
    let (former, revision) = state.withLock { ($0.present, $0.revision) }
    let next = try body(former, revision)
    state.withLock { $0.present = next }
    return former
  }

  // MARK: Calls

  func load(_ receive: (MetadataRecord) -> Void) throws(MetadataError) -> LoadReport {
    let report = try with { (provider) throws(MetadataError) in try provider.load(receive) }
    state.withLock { $0.revision = report.revision }
    return report
  }

  func load(_ collection: String, _ key: String) throws(MetadataError) -> MetadataRecord? {
    try with { (provider) throws(MetadataError) in try provider.load(collection, key) }
  }

  func forEach(_ receive: (MetadataRecord) -> Void) throws(MetadataError) {
    try with { (provider) throws(MetadataError) in try provider.forEach(receive) }
  }

  func save(
    _ batch: PersistenceBatch, durability: Durability
  ) throws(MetadataError) -> Durability {
    try with { (provider) throws(MetadataError) in
      // Also a failed attempt may be there.
      state.withLock { $0.revision = max($0.revision, batch.revision) }
      return try provider.save(batch, durability: durability)
    }
  }

  func sync() throws(MetadataError) {
    try with { (provider) throws(MetadataError) in try provider.sync() }
  }

  func saveSession(_ session: [UInt8], as name: String) throws(MetadataError) {
    try with { (provider) throws(MetadataError) in try provider.saveSession(session, as: name) }
  }

  func loadSession(_ name: String) throws(MetadataError) -> [UInt8]? {
    try with { (provider) throws(MetadataError) in try provider.loadSession(name) }
  }

  func backup(
    to path: String, progress: (_ done: Int, _ total: Int) -> Void
  ) throws(MetadataError) {
    try with { (provider) throws(MetadataError) in
      try provider.backup(to: path, progress: progress)
    }
  }

  func search(_ words: String, in collection: String) throws(MetadataError) -> [String]? {
    try with { (provider) throws(MetadataError) in try provider.search(words, in: collection) }
  }

  func saveMetrics(_ samples: [MetricSample]) throws(MetadataError) -> Bool {
    try with { (provider) throws(MetadataError) in try provider.saveMetrics(samples) }
  }

  func metrics(
    _ name: String, from: Int64, until: Int64
  ) throws(MetadataError) -> [MetricSample]? {
    try with { (provider) throws(MetadataError) in
      try provider.metrics(name, from: from, until: until)
    }
  }

  func close() throws(MetadataError) {
    try with { (provider) throws(MetadataError) in try provider.close() }
  }
}
