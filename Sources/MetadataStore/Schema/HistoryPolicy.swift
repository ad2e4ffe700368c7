import HostSupport

/// Which former values of its records a collection keeps: those within both limits.
public struct HistoryPolicy: Sendable, Equatable {
  /// The most records a policy can ask to keep of one key.
  public static let mostCount = 1_000_000

  /// How many of each record, 1…1,000,000; `nil` for any number.
  public let count: Int?
  /// For how many seconds, 1…3,153,600,000; `nil` for ever.
  public let age: Int64?

  var json: JSON {
    var members: [String: JSON] = [:]
    members["count"] = count.map { .int(Int64($0)) }
    members["age"] = age.map { .int($0) }
    return .object(members)
  }
}
