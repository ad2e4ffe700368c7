/// One flag of a command.
public struct Option: Sendable {
  /// What a shell offers for the flag's value.
  public enum Completion: Sendable, Equatable {
    /// Nothing in particular.
    case any
    /// Paths of files.
    case files
    /// Paths of directories.
    case directories
    /// These words.
    case words([String])
  }

  /// The name after the two dashes.
  public let name: String
  /// The name after one dash.
  public let short: Character?
  /// The name of its value in the help; `nil` when it takes none.
  public let value: String?
  /// What it does, in one line.
  public let help: String
  /// What a shell offers for its value.
  public let completion: Completion
  /// Whether it may be given more than once.
  public let repeats: Bool

  /// Describes a flag.
  public init(
    _ name: String, short: Character? = nil, value: String? = nil, _ help: String,
    completion: Completion = .any, repeats: Bool = false
  ) {
    self.name = name
    self.short = short
    self.value = value
    self.help = help
    self.completion = completion
    self.repeats = repeats
  }

  /// The flags that every command takes.
  public static let common: [Option] = [
    Option("name", value: "NAME", "the host's name (default: \"default\")"),
    Option("state", value: "DIR", "the host's state directory", completion: .directories),
    Option("socket", value: "PATH", "the host's control socket", completion: .files),
    Option("timeout", value: "MS", "how long to wait for the host, 1...600000"),
    Option("json", "print JSON"),
    Option("no-color", "no colour, even on a terminal"),
    Option("help", short: "h", "print this help"),
  ]
}
