import HostSupport

/// How much a collection may hold.
public struct CollectionQuota: Sendable, Equatable {
  /// How many records, 0…; `nil` for any number.
  public let records: Int64?
  /// How many bytes of memory, as `dovetail meta stats` shows them, 0…; `nil` for any number.
  public let bytes: Int64?

  var json: JSON {
    var members: [String: JSON] = [:]
    members["records"] = records.map { .int($0) }
    members["bytes"] = bytes.map { .int($0) }
    return .object(members)
  }
}
