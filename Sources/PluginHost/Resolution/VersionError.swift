/// Text that is no version or no version range: which text, and why.
public struct VersionError: Error, Equatable, CustomStringConvertible {
  /// The text as it was given.
  public let text: String
  /// What is wrong with it and what would be right.
  public let reason: String

  /// The whole error in one line.
  public var description: String { "\"\(text)\": \(reason)" }
}
