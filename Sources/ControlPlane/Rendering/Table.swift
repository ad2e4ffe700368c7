/// Rows under headings, aligned by display width.
public struct Table: Sendable {
  /// Where a column's text stands.
  public enum Alignment: Sendable {
    /// At its left edge.
    case left
    /// At its right edge, as numbers do.
    case right
  }

  private struct Cell {
    let text: String
    let paint: Style.Paint?
  }

  private let headings: [(String, Alignment)]
  private var rows: [[Cell]] = []

  /// A table without rows.
  public init(_ headings: [(String, Alignment)]) {
    self.headings = headings
  }

  /// Adds a row: text and colour of each column. Control characters are escaped.
  public mutating func add(_ cells: [(String, Style.Paint?)]) {
    rows.append(cells.map { Cell(text: Printable.clean($0.0), paint: $0.1) })
  }

  /// The table as lines without blanks at their ends.
  public func text(_ style: Style) -> String {
    let head = headings.map { Cell(text: $0.0, paint: .bold) }
    let widths = headings.indices.map { column in
      ([head] + rows).map { DisplayWidth.of($0[column].text) }.max() ?? 0
    }
    return ([head] + rows).map { line($0, widths, style) }.joined()
  }

  private func line(_ cells: [Cell], _ widths: [Int], _ style: Style) -> String {
    var line = ""
    var owed = 0
    for (column, cell) in cells.enumerated() {
      let gap = widths[column] - DisplayWidth.of(cell.text)
      let isRight = headings[column].1 == .right
      owed += isRight ? gap : 0
      if !cell.text.isEmpty {
        line += String(repeating: " ", count: owed) + style.paint(cell.text, cell.paint)
        owed = 0
      }
      owed += (isRight ? 0 : gap) + 2
    }
    return line + "\n"
  }
}
