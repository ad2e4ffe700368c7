/// Keeps nothing itself: a store on it lives as long as its process, unless a `SnapshotSaver` saves it elsewhere.
public final class MemoryProvider: PersistenceProvider {
  private let source: (any PersistenceProvider)?

  /// Makes the provider.
  ///
  /// - Parameter source: Where the records are when the store is opened: the provider that snapshots go to, not yet open. Whoever
  ///   made it closes it.
  public init(restoring source: (any PersistenceProvider)? = nil) {
    self.source = source
  }

  /// `memory`.
  public var name: String { "memory" }

  /// `memory`.
  public var strongest: Durability { .memory }

  /// Opens what snapshots were saved to and shows its records; finds nothing without.
  public func load(_ receive: (MetadataRecord) -> Void) throws(MetadataError) -> LoadReport {
    guard let source else { return LoadReport() }
    return try source.load(receive)
  }

  /// Does nothing and says so: `memory` is all that is reached.
  public func save(
    _ batch: PersistenceBatch, durability: Durability
  ) throws(MetadataError) -> Durability {
    .memory
  }

  /// Has nothing.
  public func load(_ collection: String, _ key: String) throws(MetadataError) -> MetadataRecord? {
    nil
  }

  /// Has nothing.
  public func forEach(_ receive: (MetadataRecord) -> Void) throws(MetadataError) {}

  /// Has it kept where snapshots go, else keeps nothing.
  public func saveSession(_ session: [UInt8], as name: String) throws(MetadataError) {
    try source?.saveSession(session, as: name)
  }

  /// Reads it where snapshots go, else has nothing.
  public func loadSession(_ name: String) throws(MetadataError) -> [UInt8]? {
    try source?.loadSession(name)
  }

  /// Does nothing.
  public func sync() throws(MetadataError) {}

  /// Does nothing.
  public func close() throws(MetadataError) {}
}
