import CDovetail

/// A record as the metadata store holds it.
public struct Record: Sendable, Equatable {
  /// The collection; a plugin's own collections begin with its id.
  public let collection: String
  /// The key in the collection, 1…512 bytes.
  public let key: String
  /// What is kept; `null` in a watch's report of a removal.
  public let value: Value
  /// 1 when created, then one more each change.
  public let version: UInt64
  /// Revision of the store that created it.
  public let created: UInt64
  /// Revision of the store that changed it last.
  public let modified: UInt64
  /// Whether a watch reports that it was removed.
  public let isDeleted: Bool

  init(_ raw: dvt_record) {
    collection = unsafe raw.collection.string
    key = unsafe raw.key.string
    value = unsafe Value(raw.value)
    version = unsafe raw.version
    created = unsafe raw.created
    modified = unsafe raw.modified
    isDeleted = unsafe raw.deleted != 0
  }
}
