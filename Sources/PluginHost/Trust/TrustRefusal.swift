/// Why a file is not trusted, or what trust rests on cannot be used.
public struct TrustRefusal: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong, naming the file.
  public let reason: String
  /// What to do about it.
  public let fix: String

  /// A refusal from its parts.
  public init(_ reason: String, fix: String) {
    self.reason = reason
    self.fix = fix
  }

  /// Both in one line.
  public var description: String { "\(reason); \(fix)" }
}
