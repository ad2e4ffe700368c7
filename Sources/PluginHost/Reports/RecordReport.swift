public import HostSupport

/// A record of the metadata store.
public struct RecordReport: Codable, Sendable, Equatable {
  /// The collection that it is in.
  public var collection: String
  /// Its key in that collection.
  public var key: String
  /// Its value; bytes as base64 text, dates as RFC 3339 text; null in a watch's report of a removal.
  public var value: JSON
  /// 1 when it was created, then one more each change.
  public var version: UInt64
  /// The revision of the store that created it.
  public var created: UInt64
  /// The revision of the store that changed it last.
  public var modified: UInt64
  /// Whether a watch reports its removal.
  public var deleted: Bool
  /// When it is removed by itself, RFC 3339 in UTC; `nil` for never.
  public var expires: String?
  /// Of the change, in a history's or a watch's report.
  public var revision: UInt64?
  /// What a history's or a watch's report tells: `created`, `updated`, `removed` or `expired`.
  public var change: String?

  /// Describes a record.
  public init(
    collection: String, key: String, value: JSON, version: UInt64, created: UInt64,
    modified: UInt64, deleted: Bool = false, expires: String? = nil, revision: UInt64? = nil,
    change: String? = nil
  ) {
    self.collection = collection
    self.key = key
    self.value = value
    self.version = version
    self.created = created
    self.modified = modified
    self.deleted = deleted
    self.expires = expires
    self.revision = revision
    self.change = change
  }
}
