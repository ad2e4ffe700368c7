extension Command {
  /// The text of `--help`, ending with a newline.
  public var help: String {
    var text = "usage: \(usage)\n\n\(summary)\n"
    if !discussion.isEmpty { text += "\n\(discussion)\n" }
    if !subcommands.isEmpty {
      text += "\ncommands:\n" + Command.columns(subcommands.map { ($0.word, $0.summary) })
    }
    if !options.isEmpty { text += "\nflags:\n" + Command.columns(options.map(Command.row)) }
    text += "\ncommon flags:\n" + Command.columns(Option.common.map(Command.row))
    return text + "\nexample:\n  \(example)\n"
  }

  static func row(_ option: Option) -> (String, String) {
    let short = option.short.map { "-\($0), " } ?? "    "
    let value = option.value.map { " \($0)" } ?? ""
    return (
      "\(short)--\(option.name)\(value)", option.help + (option.repeats ? "; repeatable" : "")
    )
  }

  /// Two columns, the first as wide as its widest cell.
  static func columns(_ rows: [(String, String)]) -> String {
    let width = rows.map { DisplayWidth.of($0.0) }.max() ?? 0
    return rows.map { left, right in
      "  \(left)\(String(repeating: " ", count: width - DisplayWidth.of(left)))  \(right)\n"
    }.joined()
  }
}
