import CDovetail
import PluginSDK

/// A record as a provider keeps it, for tests of providers.
public struct KeptRecord: Sendable, Equatable {
  /// The collection's name.
  public var collection: String
  /// The record's name.
  public var key: String
  /// JSON text; `nil` to remove the record.
  public var value: String?
  /// 1 when created, then one more with each change.
  public var version: UInt64
  /// The revision that created it.
  public var created: UInt64
  /// The revision that changed it last.
  public var modified: UInt64
  /// Nanoseconds since 1970-01-01 UTC; `nil` for never.
  public var expires: Int64?

  /// Describes a record, or with a `nil` value its removal.
  public init(
    _ collection: String, _ key: String, _ value: String?, version: UInt64 = 1,
    created: UInt64 = 1, modified: UInt64 = 1, expires: Int64? = nil
  ) {
    self.collection = collection
    self.key = key
    self.value = value
    self.version = version
    self.created = created
    self.modified = modified
    self.expires = expires
  }

  init(_ raw: dvt_kept_record) {
    self.init(
      unsafe raw.collection.string, unsafe raw.key.string, unsafe raw.value.string,
      version: unsafe raw.version, created: unsafe raw.created, modified: unsafe raw.modified,
      expires: unsafe raw.flags & DVT_KEPT_EXPIRES == 0 ? nil : raw.expires)
  }

  func raw(_ arena: Arena) -> dvt_kept_record {
    var raw = unsafe dvt_kept_record()
    unsafe raw.collection = unsafe arena.text(collection)
    unsafe raw.key = unsafe arena.text(key)
    unsafe raw.value = unsafe arena.text(value ?? "")
    unsafe raw.version = version
    unsafe raw.created = created
    unsafe raw.modified = modified
    unsafe raw.expires = expires ?? 0
    unsafe raw.flags =
      (value == nil ? DVT_KEPT_REMOVED : 0) | (expires == nil ? 0 : DVT_KEPT_EXPIRES)
    return unsafe raw
  }
}
