/// One subcommand: what its help says and what it does.
public struct Command: Sendable {
  /// The words that choose it, such as "quarantine clear".
  public let name: String
  /// What it does, in one line.
  public let summary: String
  /// Its arguments, the optional ones last.
  public let operands: [Operand]
  /// Its own flags.
  public let options: [Option]
  /// What else a person must know; empty when the rest says it.
  public let discussion: String
  /// A command line that works.
  public let example: String
  /// The commands below it.
  public let subcommands: [Command]
  /// Whether it only groups others and does nothing itself.
  public let isGroup: Bool
  /// What it does.
  public let run: @Sendable (Invocation) throws(CommandFailure) -> ExitCode

  /// Describes a command that does something; a first argument that names one of `subcommands` chooses that instead.
  public init(
    _ name: String, _ summary: String, operands: [Operand] = [], options: [Option] = [],
    discussion: String = "", example: String, subcommands: [Command] = [],
    run: @escaping @Sendable (Invocation) throws(CommandFailure) -> ExitCode
  ) {
    self.name = name
    self.summary = summary
    self.operands = operands
    self.options = options
    self.discussion = discussion
    self.example = example
    self.subcommands = subcommands
    isGroup = false
    self.run = run
  }

  /// Describes a command that only groups others.
  public init(_ name: String, _ summary: String, example: String, subcommands: [Command]) {
    self.name = name
    self.summary = summary
    operands = []
    options = []
    discussion = ""
    self.example = example
    self.subcommands = subcommands
    isGroup = true
    run = { _ throws(CommandFailure) in .usage }
  }

  /// The last of the words that choose it.
  public var word: String {
    name.split(separator: " ").last.map(String.init) ?? name
  }

  /// The first line of its help.
  public var usage: String {
    guard !isGroup else { return "dovetail \(name) COMMAND [FLAGS]" }
    let places = operands.map { $0.isOptional ? "[\($0.name)]" : $0.name }
    return (["dovetail", name] + places + ["[FLAGS]"]).joined(separator: " ")
  }
}
