/// One record as the store holds it: immutable, the caller's own copy.
public struct MetadataRecord: Sendable, Equatable {
  /// The collection's name: segments of `[A-Za-z0-9_-]` joined by dots, 1…255 bytes.
  public let collection: String
  /// The record's name in its collection, 1…512 bytes of UTF-8; two keys are the same when their bytes are.
  public let key: String
  /// What is recorded.
  public let value: MetadataValue
  /// 1 when created, then one more with each change.
  public let version: UInt64
  /// Revision of the store that created the record.
  public let created: UInt64
  /// Revision of the store that changed it last.
  public let modified: UInt64
  /// When it expires, in nanoseconds since 1970-01-01 UTC; `nil` for never.
  public let expires: Int64?

  /// Makes a record as a persistence provider loads it.
  public init(
    collection: String, key: String, value: MetadataValue, version: UInt64, created: UInt64,
    modified: UInt64, expires: Int64? = nil
  ) {
    self.collection = collection
    self.key = key
    self.value = value
    self.version = version
    self.created = created
    self.modified = modified
    self.expires = expires
  }
}
