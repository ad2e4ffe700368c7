extension Completions {
  var fish: String {
    let head = [
      "# fish completion for dovetail",
      "complete -c dovetail -f",
    ]
    let common = Option.common.map { fishOption($0, "") }
    return (head + common + commands.flatMap(fishCommand)).joined(separator: "\n") + "\n"
  }

  private func fishCommand(_ command: Command) -> [String] {
    let first =
      "complete -c dovetail -n __fish_use_subcommand -a \(command.word)"
      + " -d \(fishQuoted(command.summary))"
    guard !command.subcommands.isEmpty else {
      return [first] + fishLeaf(command, "__fish_seen_subcommand_from \(command.word)")
    }
    let names = words(command.subcommands.map(\.word))
    let within = "__fish_seen_subcommand_from \(command.word)"
    return [first]
      + command.subcommands.flatMap { sub in
        [
          "complete -c dovetail"
            + " -n '\(within); and not __fish_seen_subcommand_from \(names)'"
            + " -a \(sub.word) -d \(fishQuoted(sub.summary))"
        ] + fishLeaf(sub, "\(within); and __fish_seen_subcommand_from \(sub.word)")
      }
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
