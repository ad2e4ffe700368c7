import HostSupport
import MetadataStore

/// A plugin's provider that is not waited for without end while it opens its store, and while records are moved.
///
/// One that makes no progress for `metadata.providerDeadline` is lost: its thread is left behind, and every later call fails.
/// Threading: as the provider's.
final class PatientProvider: PersistenceProvider {
  private struct State {
    /// How many ask that every call has its deadline.
    var hurries = 0
    /// Why it is called no more.
    var loss: MetadataError?
  }

  /// Whose calls are made.
  let provider: PluginProvider
  private let milliseconds: Int
  private let state = Monitor(State())

  /// Makes it of a provider that is not open yet.
  ///
  /// - Parameters:
  ///   - provider: A plugin's.
  ///   - milliseconds: How long it may take without progress, 1….
  init(_ provider: PluginProvider, milliseconds: Int) {
    self.provider = provider
    self.milliseconds = milliseconds
  }

  /// Gives every call its deadline while `body` runs.
  func hurrying<Result>(
    _ body: () throws(MetadataError) -> Result
  ) throws(MetadataError) -> Result {
    state.update { $0.hurries += 1 }
    defer { state.update { $0.hurries -= 1 } }
    return try body()
  }

  private func check() throws(MetadataError) {
    if let loss = state.withLock({ $0.loss }) { throw loss }
  }

  /// Makes a call that shows nothing.
  private func call<Value: Sendable>(
    _ what: String,
    _ body: @escaping @Sendable (PluginProvider) throws(MetadataError) -> Value
  ) throws(MetadataError) -> Value {
    try check()
    guard state.withLock({ $0.hurries > 0 }) else { return try body(provider) }
    return try patiently(what, { (_: Never) in }) { (provider, _) throws(MetadataError) in
      try body(provider)
    }
  }

  private func patiently<Shown, Value: Sendable>(
    _ what: String, _ show: (Shown) -> Void,
    _ body: @escaping @Sendable (PluginProvider, PatientCall<Shown>) throws(MetadataError) -> Value
  ) throws(MetadataError) -> Value {
    let value = try PatientCall<Shown>.run(milliseconds: milliseconds, show) {
      [provider] (call) throws(MetadataError) in try body(provider, call)
    }
    if let value { return value }
    let loss = MetadataError.storage(
      "the provider \(provider.title) made no progress in \(what) for \(milliseconds) ms "
        + "(metadata.providerDeadline) and is called no more; raise that if it needs longer, and restart "
        + "the host")
    state.update { $0.loss = loss }
    throw loss
  }

  // MARK: Calls

  var name: String { provider.name }
  var strongest: Durability { provider.strongest }
  var keepsMetrics: Bool { provider.keepsMetrics }

  func load(_ receive: (MetadataRecord) -> Void) throws(MetadataError) -> LoadReport {
    try check()
    return try patiently("open", receive) { (provider, call) throws(MetadataError) in
      try provider.load { call.tell($0) }
    }
  }

  func load(_ collection: String, _ key: String) throws(MetadataError) -> MetadataRecord? {
    try call("load") { (provider) throws(MetadataError) in try provider.load(collection, key) }
  }

  func forEach(_ receive: (MetadataRecord) -> Void) throws(MetadataError) {
    try check()
    guard state.withLock({ $0.hurries > 0 }) else { return try provider.forEach(receive) }
    try patiently("for_each", receive) { (provider, call) throws(MetadataError) in
      try provider.forEach { call.tell($0) }
    }
  }

  func save(
    _ batch: PersistenceBatch, durability: Durability
  ) throws(MetadataError) -> Durability {
    try call("save") { (provider) throws(MetadataError) in
      try provider.save(batch, durability: durability)
    }
  }

  func sync() throws(MetadataError) {
    try call("sync") { (provider) throws(MetadataError) in try provider.sync() }
  }

  func saveSession(_ session: [UInt8], as name: String) throws(MetadataError) {
    try call("save_session") { (provider) throws(MetadataError) in
      try provider.saveSession(session, as: name)
    }
  }

  func loadSession(_ name: String) throws(MetadataError) -> [UInt8]? {
    try call("load_session") { (provider) throws(MetadataError) in
      try provider.loadSession(name)
    }
  }

  func backup(
    to path: String, progress: (_ done: Int, _ total: Int) -> Void
  ) throws(MetadataError) {
    try check()
    try provider.backup(to: path, progress: progress)
  }

  func search(_ words: String, in collection: String) throws(MetadataError) -> [String]? {
    try call("search") { (provider) throws(MetadataError) in
      try provider.search(words, in: collection)
    }
  }

  func saveMetrics(_ samples: [MetricSample]) throws(MetadataError) -> Bool {
    try call("save_metrics") { (provider) throws(MetadataError) in
      try provider.saveMetrics(samples)
    }
  }

  func metrics(
    _ name: String, from: Int64, until: Int64
  ) throws(MetadataError) -> [MetricSample]? {
    try call("metrics") { (provider) throws(MetadataError) in
      try provider.metrics(name, from: from, until: until)
    }
  }

  func close() throws(MetadataError) {
    try call("close") { (provider) throws(MetadataError) in try provider.close() }
  }
}

extension PersistenceProvider {
  /// Gives every call of a plugin's provider its deadline while `body` runs; others need none.
  func hurrying<Result>(
    _ body: () throws(MetadataError) -> Result
  ) throws(MetadataError) -> Result {
    guard let patient = self as? PatientProvider else { return try body() }
    return try patient.hurrying(body)
  }
}
