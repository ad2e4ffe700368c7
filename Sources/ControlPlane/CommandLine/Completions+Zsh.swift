extension Completions {
  var zsh: String {
    """
    #compdef dovetail
    # zsh completion for dovetail
    _dovetail_ids() {
      local -a ids
      ids=(${(f)"$(dovetail __complete ids 2>/dev/null)"})
      compadd -a ids
    }
    _dovetail() {
      local context state line
      local -a commands
      if (( CURRENT == 2 )); then
        commands=(
    \(commands.map { "      \(zshItem($0))" }.joined(separator: "\n"))
        )
        _describe 'command' commands
        return
      fi
      case "$words[2]" in
    \(commands.map { zshCase($0, depth: 1) }.joined(separator: "\n"))
      esac
    }
    if [ "$funcstack[1]" = "_dovetail" ]; then _dovetail "$@"; else compdef _dovetail dovetail; fi

    """
  }

  private func zshItem(_ command: Command) -> String {
    zshQuoted("\(command.word):\(command.summary)")
  }

  /// The branch for a command whose word is the one before place `depth + 2`.
  private func zshCase(_ command: Command, depth: Int) -> String {
    let indent = String(repeating: "    ", count: depth)
    let own = "shift \(depth) words; (( CURRENT -= \(depth) )); \(zshArguments(command))"
    guard !command.subcommands.isEmpty else { return "\(indent)\(command.word)) \(own) ;;" }
    let items = command.subcommands.map(zshItem).joined(separator: " ")
    let cases = command.subcommands.map { zshCase($0, depth: depth + 1) }
    let otherwise = command.isGroup ? [] : ["\(indent)    *) \(own) ;;"]
    return """
      \(indent)\(command.word))
      \(indent)  if (( CURRENT == \(depth + 2) )) && [[ $words[CURRENT] != -* ]]; then commands=(\(items)); _describe 'command' commands; return; fi
      \(indent)  case "$words[\(depth + 2)]" in
      \((cases + otherwise).joined(separator: "\n"))
      \(indent)  esac ;;
      """
  }

  private func zshArguments(_ command: Command) -> String {
    let flags = (command.options + Option.common).map { option in
      let value = option.value.map { ":\($0):\(zshAction(option.completion))" } ?? ""
      let star = option.repeats ? "*" : ""
      return zshQuoted("\(star)--\(option.name)[\(zshBare(option.help))]\(value)")
    }
    let operands = command.operands.filter { $0.name != "…" }.enumerated().map { index, operand in
      zshQuoted(
        "\(index + 1):\(zshBare(operand.name)):\(zshAction(operand.completion, command))")
    }
    return "_arguments " + (flags + operands).joined(separator: " ")
  }

  private func zshAction(_ completion: Option.Completion) -> String {
    switch completion {
    case .any: " "
    case .files: "_files"
    case .directories: "_files -/"
    case .words(let list): "(\(words(list)))"
    }
  }

  private func zshAction(_ completion: Operand.Completion, _ command: Command) -> String {
    switch completion {
    case .any where command.name == "help": "(\(words(operandWords(command))))"
    case .any: " "
    case .files: "_files"
    case .plugins: "_dovetail_ids"
    case .pluginsAndFiles: "{_dovetail_ids; _files}"
    case .words(let list): "(\(words(list)))"
    }
  }

  private func zshBare(_ text: String) -> String {
    text.filter { !"[]:".contains($0) }
  }

  private func zshQuoted(_ text: String) -> String {
    "'\(text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''"))'"
  }
}
