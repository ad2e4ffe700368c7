/// Configuration that cannot be used: every problem there is, not just the first.
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// One problem: where it was written, what was found and what is allowed.
  public struct Problem: Sendable, Equatable, CustomStringConvertible {
    /// Where it was written: a path, an environment variable, or `flags`.
    public let source: String
    /// The key as a path, such as `probation.seconds`; empty for the source as a whole.
    public let key: String
    /// What was found and what is allowed.
    public let reason: String

    /// The whole problem in one line.
    public var description: String {
      key.isEmpty ? "\(source): \(reason)" : "\(source): \(key): \(reason)"
    }
  }

  /// All problems, at least one.
  public let problems: [Problem]

  /// One line for each problem.
  public var description: String { problems.map(\.description).joined(separator: "\n") }
}
