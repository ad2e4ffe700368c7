/// Settings of a plugin that do not fit its schema: every problem there is.
public struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
  /// One problem: where, what was found and what is allowed.
  public struct Problem: Sendable, Equatable, CustomStringConvertible {
    /// The value's place as a JSON pointer (RFC 6901); empty for the settings as a whole.
    public let pointer: String
    /// What was found and what is allowed.
    public let reason: String

    /// The whole problem in one line.
    public var description: String { "\(pointer.isEmpty ? "settings" : pointer) \(reason)" }
  }

  /// All problems, at least one, in the order of their pointers.
  public let problems: [Problem]

  /// All problems, separated by semicolons.
  public var description: String { problems.map(\.description).joined(separator: "; ") }
}
