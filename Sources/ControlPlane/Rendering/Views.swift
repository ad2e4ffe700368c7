/// Reports as text for people; every view ends with a newline.
public enum Views {
  /// Label and value a line, labels aligned; pairs without a value are left out.
  static func pairs(_ pairs: [(String, String?)], _ style: Style) -> String {
    let shown = pairs.compactMap { label, value in
      value.flatMap { $0.isEmpty ? nil : (label, $0) }
    }
    let width = shown.map { DisplayWidth.of($0.0) }.max() ?? 0
    return shown.map { label, value in
      let gap = String(repeating: " ", count: width - DisplayWidth.of(label) + 2)
      return "\(style.paint(label, .bold))\(gap)\(Printable.clean(value))\n"
    }.joined()
  }

  /// A heading and its items below each other; nothing when there are none.
  static func section(
    _ heading: String, _ items: [String], _ paint: Style.Paint?, _ style: Style
  ) -> String {
    guard !items.isEmpty else { return "" }
    return "\(style.paint(heading, .bold))\n"
      + items.map { "  \(style.paint(Printable.clean($0), paint))\n" }.joined()
  }

  /// A span of time in its two largest units, such as "3 h 20 min".
  static func span(_ seconds: Double) -> String {
    let total = Int(max(0, min(seconds, 1e12)))
    let units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")]
    let first = units.firstIndex { total >= $0.0 } ?? 3
    let (size, name) = units[first]
    guard first + 1 < units.count, total % size >= units[first + 1].0 else {
      return "\(total / size) \(name)"
    }
    let (small, smallName) = units[first + 1]
    return "\(total / size) \(name) \(total % size / small) \(smallName)"
  }

  /// A number of bytes in the largest unit that gives at least 1, such as "1.5 MiB".
  static func bytes(_ count: Int) -> String {
    var value = Double(count)
    var unit = 0
    let names = ["B", "KiB", "MiB", "GiB", "TiB"]
    while value >= 1024, unit < names.count - 1 {
      value /= 1024
      unit += 1
    }
    return unit == 0 ? "\(count) B" : "\(decimal(value, 1)) \(names[unit])"
  }

  /// A number with so many digits after the point.
  static func decimal(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let rounded = (abs(value) * scale).rounded()
    let whole = Int(rounded / scale)
    let sign = value < 0 && rounded > 0 ? "-" : ""
    guard digits > 0 else { return "\(sign)\(whole)" }
    let rest = String(Int(rounded) - whole * Int(scale))
    return "\(sign)\(whole)." + String(repeating: "0", count: digits - rest.utf8.count) + rest
  }
}
