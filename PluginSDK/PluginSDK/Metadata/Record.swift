package import CDovetail

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
  /// When it is removed by itself, in nanoseconds since 1970-01-01 UTC; `nil` for never.
  public let expires: Int64?
  /// Whether a watch or a history reports that it was removed.
  public let isDeleted: Bool
  /// Whether it was removed because its time was over.
  public let isExpired: Bool
  /// Whether a watch with a condition tells that the record, which is still there, fulfils it no longer.
  public let hasLeft: Bool
  /// Of the change that a watch or a history reports; else `modified`.
  public let revision: UInt64

  /// Bytes of `dvt_record` before it had an expiry.
  private static let firstRevision: UInt32 = 128

  /// A copy of what the host shows.
  package init(_ raw: UnsafePointer<dvt_record>) {
    collection = unsafe raw.pointee.collection.string
    key = unsafe raw.pointee.key.string
    value = unsafe Value(raw.pointee.value)
    version = unsafe raw.pointee.version
    created = unsafe raw.pointee.created
    modified = unsafe raw.pointee.modified
    isDeleted = unsafe raw.pointee.deleted != 0
    let hasExpiry = unsafe raw.pointee.struct_size > Record.firstRevision
    expires = unsafe hasExpiry && raw.pointee.expires != .max ? raw.pointee.expires : nil
    isExpired = unsafe hasExpiry && raw.pointee.flags & DVT_RECORD_EXPIRED != 0
    hasLeft = unsafe hasExpiry && raw.pointee.flags & DVT_RECORD_LEFT != 0
    revision = unsafe hasExpiry ? raw.pointee.revision : raw.pointee.modified
  }
}
