/// Keeps nothing: a store on it lives as long as its process.
public final class MemoryProvider: PersistenceProvider {
  /// Makes the provider.
  public init() {}

  /// `memory`.
  public var name: String { "memory" }

  /// `memory`.
  public var strongest: Durability { .memory }

  /// Finds nothing.
  public func load(_ receive: (MetadataRecord) -> Void) throws(MetadataError) -> LoadReport {
    LoadReport()
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

  /// Keeps nothing.
  public func saveSession(_ session: [UInt8], as name: String) throws(MetadataError) {}

  /// Has nothing.
  public func loadSession(_ name: String) throws(MetadataError) -> [UInt8]? { nil }

  /// Does nothing.
  public func sync() throws(MetadataError) {}

  /// Does nothing.
  public func close() throws(MetadataError) {}
}
