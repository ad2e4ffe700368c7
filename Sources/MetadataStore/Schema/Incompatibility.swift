/// Why a record of the former version of a definition need not be one of the new version.
public struct Incompatibility: Sendable, Equatable, CustomStringConvertible {
  /// Where in the new definition (in the former one, where the new one has nothing there), as a JSON pointer.
  public let pointer: String
  /// What is different.
  public let reason: String
  /// What a migration could do about it.
  public let remedy: String

  /// The whole in one line.
  public var description: String { "\(pointer) \(reason); \(remedy)" }
}
