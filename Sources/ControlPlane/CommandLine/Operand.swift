/// One argument of a command that is not a flag.
public struct Operand: Sendable {
  /// What a shell offers for it.
  public enum Completion: Sendable, Equatable {
    /// Nothing in particular.
    case any
    /// Paths of files.
    case files
    /// Ids of the host's plugins.
    case plugins
    /// Ids of the host's plugins, and paths of files.
    case pluginsAndFiles
    /// These words.
    case words([String])
  }

  /// Its name in the help.
  public let name: String
  /// Whether it may be left out.
  public let isOptional: Bool
  /// What a shell offers for it.
  public let completion: Completion

  /// Describes an argument.
  public init(_ name: String, optional: Bool = false, completion: Completion = .any) {
    self.name = name
    isOptional = optional
    self.completion = completion
  }
}
