/// The table for people; its columns have fixed widths, so that rows of several programs stand below each other.
enum Table {
  private static let widths = [24, 12, 4, 30, 12, 9, 9, 9, 0]

  static let header = line([
    "name", "value", "unit", "limit", "limit value", "ratio", "must", "aim", "",
  ])

  static func row(_ figure: Figure) -> String {
    line([
      figure.name, number(figure.value), figure.unit, figure.limitName,
      figure.limit.map(number) ?? "–", figure.ratio.map(number) ?? "–", number(figure.goal.must),
      number(figure.goal.aim), verdict(figure),
    ])
  }

  private static func verdict(_ figure: Figure) -> String {
    guard figure.goal.isHeld else { return "" }
    return figure.isReached ? "ok" : "MISSED"
  }

  /// Names are left-aligned, numbers right-aligned.
  private static func line(_ cells: [String]) -> String {
    zip(cells, widths).enumerated().map { column, cell in
      let padding = String(repeating: " ", count: max(0, cell.1 - cell.0.count))
      return [0, 2, 3, 8].contains(column) ? cell.0 + padding : padding + cell.0
    }.joined(separator: "  ")
  }

  /// Three significant digits below 1,000, else a whole number.
  static func number(_ value: Double) -> String {
    guard value.isFinite else { return "–" }
    let magnitude = value.magnitude
    let digits = magnitude >= 100 || value == value.rounded() ? 0 : magnitude >= 10 ? 1 : 2
    let scale = [1.0, 10, 100][digits]
    let scaled = Int64((magnitude * scale).rounded())
    let sign = value < 0 ? "-" : ""
    guard digits > 0 else { return "\(sign)\(scaled)" }
    let fraction = "\(scaled % Int64(scale))"
    let zeros = String(repeating: "0", count: digits - fraction.count)
    return "\(sign)\(scaled / Int64(scale)).\(zeros)\(fraction)"
  }
}
