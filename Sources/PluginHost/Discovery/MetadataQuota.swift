/// How much a plugin's own collections may hold, as its manifest says.
public struct MetadataQuota: Sendable, Equatable {
  /// The most records, 0…; `nil` for any number.
  public var records: UInt64?
  /// The most bytes of memory, 0…; `nil` for any number.
  public var bytes: UInt64?
}
