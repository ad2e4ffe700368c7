import Glibc
import HostSupport
import PluginHost

/// The whole command line: finds the command, takes its arguments apart, runs it, reports failure.
public struct Program: Sendable {
  private let commands: [Command]
  private let environment: [String: String]

  /// Knows these commands.
  public init(commands: [Command], environment: [String: String]) {
    self.commands = commands
    self.environment = environment
  }

  /// Runs a command line without the program's name.
  ///
  /// - Returns: The exit status.
  public func run(_ arguments: [String]) -> ExitCode {
    do {
      return try dispatch(arguments)
    } catch {
      report(error, json: arguments.prefix { $0 != "--" }.contains("--json"))
      return error.exitCode
    }
  }

  private func dispatch(_ arguments: [String]) throws(CommandFailure) -> ExitCode {
    let global = try ArgumentParser(
      command: "dovetail", options: Option.common + [Option("version", "print the version")],
      stopsAtOperand: true
    ).parse(arguments)
    var rest = global.operands
    if global.values["version"] != nil { rest = ["version"] }
    guard let word = rest.first else {
      let help = Program.overview(commands)
      guard global.values["help"] != nil else {
        Output.complain(help)
        return .usage
      }
      Output.print(help)
      return .ok
    }
    var command = try find(word, in: commands, of: "dovetail")
    rest.removeFirst()
    while !command.subcommands.isEmpty, let word = rest.first, !word.hasPrefix("-") {
      if !command.isGroup, !command.subcommands.contains(where: { $0.word == word }) { break }
      command = try find(word, in: command.subcommands, of: "dovetail \(command.name)")
      rest.removeFirst()
    }
    return try invoke(command, rest, global)
  }

  private func invoke(
    _ command: Command, _ arguments: [String], _ global: ParsedArguments
  ) throws(CommandFailure) -> ExitCode {
    var parsed = try ArgumentParser(
      command: "dovetail \(command.name)", options: command.options + Option.common
    ).parse(arguments)
    parsed.values.merge(global.values) { own, _ in own }
    if parsed.values["help"] != nil {
      Output.print(command.help)
      return .ok
    }
    guard !command.isGroup else {
      let words = command.subcommands.map(\.word).joined(separator: ", ")
      throw .usage("dovetail \(command.name) needs one of: \(words)")
    }
    try check(parsed.operands, of: command)
    let invocation = try Invocation(
      command, parsed, commands: commands, environment: environment)
    return try command.run(invocation)
  }

  private func find(
    _ word: String, in commands: [Command], of parent: String
  ) throws(CommandFailure) -> Command {
    if let command = commands.first(where: { $0.word == word }) { return command }
    let near = Spelling.nearest(to: word, in: commands.map(\.word).filter { !$0.hasPrefix("_") })
    throw .usage(
      "\(parent) has no command \"\(Printable.clean(word))\"",
      advice: near.map { "did you mean \"\($0)\"?" } ?? "see `\(parent) --help`")
  }

  private func check(_ operands: [String], of command: Command) throws(CommandFailure) {
    let required = command.operands.prefix { !$0.isOptional }
    if operands.count < required.count {
      throw .usage(
        "dovetail \(command.name) needs \(required[operands.count].name)",
        advice: "usage: \(command.usage)")
    }
    guard operands.count > command.operands.count, command.operands.last?.name != "…" else {
      return
    }
    throw .usage(
      "dovetail \(command.name) does not know what to do with"
        + " \"\(Printable.clean(operands[command.operands.count]))\"",
      advice: "usage: \(command.usage)")
  }

  private func report(_ failure: CommandFailure, json: Bool) {
    if json { return Output.complain(Invocation.encoded(["error": FailureReport(failure)])) }
    let lines = failure.message.split(separator: "\n").map { Printable.clean(String($0)) }
    var text = "error: \(lines.joined(separator: "\n  "))\n"
    if let advice = failure.advice { text += "  next: \(Printable.clean(advice))\n" }
    Output.complain(text)
  }

  static func overview(_ commands: [Command]) -> String {
    let shown = commands.filter { !$0.word.hasPrefix("_") }
    return "usage: dovetail COMMAND [ARGUMENTS] [FLAGS]\n\n"
      + "A plugin host: drop a shared object into a folder and it is part of a running program.\n\n"
      + "commands:\n" + Command.columns(shown.map { ($0.word, $0.summary) })
      + "\ncommon flags:\n" + Command.columns(Option.common.map(Command.row))
      + "\n`dovetail COMMAND --help` tells more of a command, `dovetail help exit-codes` of the"
      + " exit status.\n"
  }
}
