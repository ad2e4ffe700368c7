extension Completions {
  var fish: String {
    let head = [
      "# fish completion for dovetail",
      "complete -c dovetail -f",
    ]
    let common = Option.common.map { fishOption($0, "") }
    return (head + common + commands.flatMap { fishCommand($0, "__fish_use_subcommand", "") })
      .joined(separator: "\n") + "\n"
  }

  /// A command and those below it.
  ///
  /// - Parameters:
  ///   - command: The command.
  ///   - offered: The condition under which its word is offered.
  ///   - above: The condition of the command above it, ready to be continued.
  /// - Returns: Lines of the script.
  private func fishCommand(_ command: Command, _ offered: String, _ above: String) -> [String] {
    let within = "\(above)__fish_seen_subcommand_from \(command.word)"
    let own =
      "complete -c dovetail -n '\(offered)' -a \(command.word) -d \(fishQuoted(command.summary))"
    let names = words(command.subcommands.map(\.word))
    let below = names.isEmpty ? within : "\(within); and not __fish_seen_subcommand_from \(names)"
    return [own] + (command.isGroup ? [] : fishLeaf(command, below))
      + command.subcommands.flatMap { fishCommand($0, below, "\(within); and ") }
  }

  private func fishLeaf(_ command: Command, _ condition: String) -> [String] {
    let when = " -n '\(condition)'"
    var lines = command.options.map { fishOption($0, when) }
    let prefix = "complete -c dovetail\(when)"
    switch command.operands.first?.completion {
    case .plugins: lines.append("\(prefix) -a '(dovetail __complete ids 2>/dev/null)'")
    case .pluginsAndFiles: lines.append("\(prefix) -F -a '(dovetail __complete ids 2>/dev/null)'")
    case .files: lines.append("\(prefix) -F")
    default:
      let list = operandWords(command)
      if !list.isEmpty { lines.append("\(prefix) -a \(fishQuoted(words(list)))") }
    }
    return lines
  }

  private func fishOption(_ option: Option, _ when: String) -> String {
    let short = option.short.map { " -s \($0)" } ?? ""
    let value =
      switch option.completion {
      case _ where option.value == nil: ""
      case .any: " -x"
      case .files: " -r -F"
      case .directories: " -x -a '(__fish_complete_directories)'"
      case .words(let list): " -x -a \(fishQuoted(words(list)))"
      }
    return "complete -c dovetail\(when) -l \(option.name)\(short)\(value)"
      + " -d \(fishQuoted(option.help))"
  }

  private func fishQuoted(_ text: String) -> String {
    let escaped = text.reduce(into: "") { result, character in
      if character == "'" || character == "\\" { result += "\\" }
      result.append(character)
    }
    return "'\(escaped)'"
  }
}
