import FoundationEssentials

/// How log records become lines.
public enum LogFormat: String, Sendable, CaseIterable {
  /// For people: time of day, level, subsystem, message, fields.
  case text
  /// For machines: one JSON object a line.
  case json

  /// A record as one line with its newline; control characters of the message are escaped, so that one record stays one line.
  public func line(_ record: LogRecord, color: Bool = false) -> String {
    switch self {
    case .text: textLine(record, color: color)
    case .json: jsonLine(record)
    }
  }

  private func textLine(_ record: LogRecord, color: Bool) -> String {
    let time = LogTime.rfc3339(record.time).dropFirst(11).dropLast()
    let level = record.level.rawValue
    let label = level + String(repeating: " ", count: 7 - level.utf8.count)
    var line = "\(time) \(color ? painted(label, record.level) : label) "
    line += "\(escaped(record.subsystem)): \(escaped(record.message))"
    for (name, value) in record.fields.sorted(by: { $0.key < $1.key }) {
      line += " \(escaped(name))=\(quotedIfNeeded(value))"
    }
    return line + "\n"
  }

  private func painted(_ text: String, _ level: LogLevel) -> String {
    switch level {
    case .trace, .debug: "\u{1B}[2m\(text)\u{1B}[0m"
    case .info: "\u{1B}[32m\(text)\u{1B}[0m"
    case .warning: "\u{1B}[33m\(text)\u{1B}[0m"
    case .error: "\u{1B}[31m\(text)\u{1B}[0m"
    }
  }

  private func jsonLine(_ record: LogRecord) -> String {
    var members: [String: JSON] = [
      "level": .string(record.level.rawValue),
      "time": .string(LogTime.rfc3339(record.time)),
      "subsystem": .string(record.subsystem),
      "message": .string(record.message),
    ]
    if !record.fields.isEmpty {
      members["fields"] = .object(record.fields.mapValues { .string($0) })
    }
    return JSON.object(members).text() + "\n"
  }

  private func quotedIfNeeded(_ value: String) -> String {
    let plain = value.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "\"") && $0 != 0x7F }
    return plain && !value.isEmpty ? value : JSON.string(value).text()
  }

  private func escaped(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return text }
    return text.unicodeScalars.reduce(into: "") { result, scalar in
      switch scalar {
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        result += "\\u{\(String(scalar.value, radix: 16))}"
      default: result.unicodeScalars.append(scalar)
      }
    }
  }
}
