extension Completions {
  /// Needs nothing but bash itself.
  var bash: String {
    """
    # bash completion for dovetail
    _dovetail_paths() {
      local path
      while IFS= read -r path; do COMPREPLY+=("$path"); done < <(compgen "$1" -- "$2")
      compopt -o filenames 2>/dev/null
    }
    _dovetail() {
      local cur prev word i command="" below choices depth=1 given=() places=()
      cur="${COMP_WORDS[COMP_CWORD]}"
      prev="${COMP_WORDS[COMP_CWORD-1]}"
      for ((i = 1; i < COMP_CWORD; i++)); do
        word="${COMP_WORDS[i]}"
        case "$word" in
          --name|--state|--socket) places+=("$word" "${COMP_WORDS[i+1]}"); ((i++)); continue ;;
          --timeout) ((i++)); continue ;;
          -*) continue ;;
        esac
        given+=("$word")
      done
      command="${given[0]}"
      case "$prev" in
    \(bashValues)
      esac
      if [[ -z $command ]]; then
        COMPREPLY=($(compgen -W "\(words(commands.map(\.word) + flags([])))" -- "$cur"))
        return
      fi
      while true; do
        case "$command" in
    \(everyCommand.filter { !$0.subcommands.isEmpty }.map(bashBelow).joined(separator: "\n"))
          *) break ;;
        esac
        word="${given[depth]}"
        if [[ -z $word ]]; then
          if [[ $cur == -* && $choices != *--help ]]; then break; fi
          COMPREPLY=($(compgen -W "$below $choices" -- "$cur"))
          return
        fi
        if [[ " $below " != *" $word "* ]]; then break; fi
        command="$command $word"
        ((depth++))
      done
      case "$command" in
    \(leaves.map(bashLeaf).joined(separator: "\n"))
      esac
    }
    complete -F _dovetail dovetail

    """
  }

  func flags(_ own: [Option]) -> [String] { (own + Option.common).map { "--\($0.name)" } }

  func words(_ words: [String]) -> String { words.joined(separator: " ") }

  /// The values of flags that a shell can offer; a flag of one name means the same everywhere.
  private var bashValues: String {
    var seen: Set<String> = []
    let options = (leaves.flatMap(\.options) + Option.common).filter { option in
      option.value != nil && seen.insert(option.name).inserted
    }
    return options.map { option in
      let short = option.short.map { "|-\($0)" } ?? ""
      return "    --\(option.name)\(short)) \(bashValue(option.completion)) return ;;"
    }.joined(separator: "\n")
  }

  private func bashValue(_ completion: Option.Completion) -> String {
    switch completion {
    case .any: "COMPREPLY=();"
    case .files: "_dovetail_paths -f \"$cur\";"
    case .directories: "_dovetail_paths -d \"$cur\";"
    case .words(let list): "COMPREPLY=($(compgen -W \"\(words(list))\" -- \"$cur\"));"
    }
  }

  /// The words that may come after a command's, and what else its first argument can be.
  private func bashBelow(_ command: Command) -> String {
    let below = words(command.subcommands.map(\.word))
    let choices = command.isGroup ? "--help" : words(operandWords(command))
    return "      \"\(command.name)\") below=\"\(below)\" choices=\"\(choices)\" ;;"
  }

  /// Flags when a dash was typed; else what the operand can be.
  private func bashLeaf(_ command: Command) -> String {
    var choices = words(operandWords(command))
    var files = ""
    switch command.operands.first?.completion {
    case .plugins: choices += Completions.bashIDs
    case .pluginsAndFiles:
      choices += Completions.bashIDs
      files = "; _dovetail_paths -f \"$cur\""
    case .files: files = "; _dovetail_paths -f \"$cur\""
    default: break
    }
    return """
          "\(command.name)")
            if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "\(words(flags(command.options)))" -- "$cur"))
            else COMPREPLY=($(compgen -W "\(choices)" -- "$cur"))\(files); fi ;;
      """
  }

  private static let bashIDs = " $(dovetail \"${places[@]}\" __complete ids 2>/dev/null)"
}
