/// What kind of failure an `OperationError` is. The raw values are stable: the wire and scripts use them.
public enum OperationCode: String, Sendable, Codable, CaseIterable {
  /// The operation began and failed.
  case failed
  /// There is no such plugin, file, record, service or topic.
  case notFound = "not-found"
  /// It is there already.
  case exists
  /// Others stand in the way: a dependency, a dependent, a quarantine.
  case blocked
  /// The host does not do this: a rule, a limit or the plugin's manifest forbids it.
  case refused
  /// A permission is missing.
  case denied
  /// A compare-and-set met another version.
  case conflict
  /// The deadline passed.
  case timeout
  /// An argument is malformed.
  case invalid
  /// Nobody can answer now; the same request may succeed later.
  case unavailable

  /// Reads a code; one that this version does not know is a plain failure.
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    self = OperationCode(rawValue: text) ?? .failed
  }
}
