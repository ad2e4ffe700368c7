public import PluginHost

extension Views {
  /// A row for each letter, then how many there are.
  public static func deadLetters(_ report: DeadLettersReport, _ style: Style) -> String {
    let displaced = report.displaced > 0 ? ", \(report.displaced) gave way to newer ones" : ""
    guard report.held > 0 else { return "there are no dead letters\(displaced)\n" }
    let shown =
      report.letters.count == report.held ? "" : "\(report.letters.count) shown of "
    return deadLetterTable(report.letters, style)
      + style.paint("\(shown)\(report.held) held, \(bytes(report.bytes))\(displaced)", .dim) + "\n"
  }

  private static func deadLetterTable(_ letters: [DeadLetterReport], _ style: Style) -> String {
    guard !letters.isEmpty else { return "" }
    var table = Table([
      ("ID", .right), ("TIME", .left), ("TOPIC", .left), ("PLUGIN", .left),
      ("SUBSCRIPTION", .left), ("CAUSE", .left), ("TRIED", .right), ("ERROR", .left),
    ])
    for letter in letters {
      let error = letter.error
      table.add([
        ("\(letter.id)", .bold), (letter.time, .dim), (letter.topic, nil), (letter.plugin, nil),
        (letter.subscription, nil), (letter.cause, .red), ("\(letter.attempts)", nil),
        (error.count > 80 ? "\(error.prefix(80))…" : error, nil),
      ])
    }
    return table.text(style)
  }

  /// Everything of one letter, its event last.
  public static func deadLetter(_ letter: DeadLetterReport, _ style: Style) -> String {
    pairs(
      [
        ("id", "\(letter.id)"), ("topic", letter.topic), ("plugin", letter.plugin),
        ("subscription", letter.subscription), ("cause", letter.cause),
        ("attempts", "\(letter.attempts)"), ("error", letter.error), ("given up", letter.time),
      ], style)
      + (letter.event.map { "\(style.paint("event:", .bold))\n  \(event($0, style))" } ?? "")
  }

  /// What is on its way again, and what stays because nobody has its subscription.
  public static func replayed(_ report: ReplayReport, _ style: Style) -> String {
    let text = report.replayed.map { letter in
      "\(letter.id): on its way to \(place(of: letter))\n"
    }.joined()
    let stays = report.homeless.map { letter in
      "\(letter.id): \(style.paint("stays", .yellow)), nobody subscribes as \(place(of: letter)) now\n"
    }.joined()
    let homeless = report.homeless.isEmpty ? "" : ", \(report.homeless.count) stayed"
    return text + stays + "\(count(report.replayed.count)) replayed\(homeless)\n"
  }

  /// What was let go of.
  public static func droppedLetters(_ letters: [DeadLetterReport], _ style: Style) -> String {
    letters.map { "\($0.id): dropped, \(Printable.clean($0.topic)) for \(place(of: $0))\n" }
      .joined() + "\(count(letters.count)) dropped\n"
  }

  private static func place(of letter: DeadLetterReport) -> String {
    "\(Printable.clean(letter.plugin))'s '\(Printable.clean(letter.subscription))'"
  }

  private static func count(_ letters: Int) -> String {
    letters == 1 ? "1 dead letter" : "\(letters) dead letters"
  }
}
