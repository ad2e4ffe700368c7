public import PluginSDK

/// Of the metadata store.
extension HostEvents {
  /// A record was written or removed; the subject is `COLLECTION/KEY`.
  public static let metadataChanged = EventType<Changed>("metadata.changed")
  /// So many changes came that single ones are not told: read what you need anew.
  public static let metadataResync = EventType<Resync>("metadata.resync")

  /// A change of a record.
  public struct Changed: Codable, Sendable, Equatable {
    /// The record's collection.
    public var collection: String
    /// The record's key.
    public var key: String
    /// The record's version.
    public var version: UInt64
    /// The store's revision.
    public var revision: UInt64
    /// Whether it was removed.
    public var deleted: Bool

    /// Describes a change.
    public init(collection: String, key: String, version: UInt64, revision: UInt64, deleted: Bool) {
      self.collection = collection
      self.key = key
      self.version = version
      self.revision = revision
      self.deleted = deleted
    }
  }

  /// Where to begin again.
  public struct Resync: Codable, Sendable, Equatable {
    /// The store's revision.
    public var revision: UInt64

    /// Describes a revision.
    public init(revision: UInt64) { self.revision = revision }
  }
}
