/// Completion scripts, made from the commands themselves.
public struct Completions: Sendable {
  let commands: [Command]

  /// Knows these commands; hidden ones (with a leading "_") are left out.
  public init(commands: [Command]) {
    self.commands = commands.filter { !$0.word.hasPrefix("_") }
  }

  /// The script for a shell.
  public func script(for shell: String) throws(CommandFailure) -> String {
    switch shell {
    case "bash": return bash
    case "zsh": return zsh
    case "fish": return fish
    default:
      throw .usage(
        "there is no completion script for \"\(Printable.clean(shell))\"",
        advice: "choose bash, zsh or fish")
    }
  }

  /// Every command, each before those below it.
  var everyCommand: [Command] {
    func all(_ commands: [Command]) -> [Command] {
      commands.flatMap { [$0] + all($0.subcommands) }
    }
    return all(commands)
  }

  /// Every command that does something, groups left out.
  var leaves: [Command] { everyCommand.filter { !$0.isGroup } }

  /// What a shell offers as a command's first argument.
  func operandWords(_ command: Command) -> [String] {
    if command.name == "help" { return commands.map(\.word) + HelpTopics.others }
    guard case .words(let words) = command.operands.first?.completion else { return [] }
    return words
  }
}
