/// Finds the first place at which text stops being JSON, for messages: the decoder that reads it tells none.
///
/// Like the decoder, it lets a comma stand before the end of an array or object, also where the text is not JSON5.
/// Takes time in proportion to the text, and no more memory than the text and 512 levels of nesting.
struct JSONScanner {
  /// The first error in a text.
  struct Fault: Error, Equatable, CustomStringConvertible {
    /// Line, from 1.
    let line: Int
    /// Column in characters (Unicode scalars), from 1.
    let column: Int
    /// What was expected there and what was found.
    let reason: String

    /// The whole in one line.
    var description: String { "line \(line), column \(column): \(reason)" }
  }

  private enum Level {
    case array
    case object
  }

  /// As deep as `JSONDecoder` goes.
  private static let deepest = 512
  private let bytes: [UInt8]
  private let json5: Bool
  private var at = 0
  private var levels: [Level] = []

  private init(_ bytes: [UInt8], json5: Bool) {
    self.bytes = bytes
    self.json5 = json5
  }

  /// The first error.
  ///
  /// - Parameters:
  ///   - bytes: Any bytes.
  ///   - json5: Whether comments, trailing commas, unquoted names and the like are allowed.
  /// - Returns: `nil` when there is none.
  static func fault(in bytes: [UInt8], json5: Bool) -> Fault? {
    var scanner = JSONScanner(bytes, json5: json5)
    do throws(Fault) {
      try scanner.checkEncoding()
      try scanner.text()
    } catch {
      return error
    }
    return nil
  }

  private func checkEncoding() throws(Fault) {
    do throws(UTF8.ValidationError) {
      _ = try UTF8Span(validating: bytes.span)
    } catch {
      throw fault("is no UTF-8", at: error.byteOffsets.lowerBound)
    }
  }

  // MARK: Values

  private mutating func text() throws(Fault) {
    try space()
    try valueOrOpening()
    while let level = levels.last {
      try space()
      switch level {
      case .array: try nextElement()
      case .object: try nextMember()
      }
    }
    try space()
    if at < bytes.count { throw expected("nothing after the value") }
  }

  /// A scalar, or the beginning of an array or object with its first element or member.
  private mutating func valueOrOpening() throws(Fault) {
    while true {
      guard let byte = peek else { throw expected("a value") }
      guard byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") else { return try scalar() }
      guard levels.count < Self.deepest else {
        throw fault("nested deeper than \(Self.deepest) levels", at: at)
      }
      at += 1
      try space()
      if byte == UInt8(ascii: "[") {
        levels.append(.array)
        if peek == UInt8(ascii: "]") { return close() }
      } else {
        levels.append(.object)
        if peek == UInt8(ascii: "}") { return close() }
        try name(or: "\"}\"")
      }
    }
  }

  private mutating func nextElement() throws(Fault) {
    if peek == UInt8(ascii: "]") { return close() }
    try comma(or: "]")
    if peek == UInt8(ascii: "]") { return close() }
    try valueOrOpening()
  }

  private mutating func nextMember() throws(Fault) {
    if peek == UInt8(ascii: "}") { return close() }
    try comma(or: "}")
    if peek == UInt8(ascii: "}") { return close() }
    try name(or: nil)
    try valueOrOpening()
  }

  private mutating func close() {
    at += 1
    levels.removeLast()
  }

  private mutating func comma(or end: String) throws(Fault) {
    guard peek == UInt8(ascii: ",") else { throw expected("\",\" or \"\(end)\"") }
    at += 1
    try space()
  }

  /// A member's name and the colon behind it.
  private mutating func name(or end: String?) throws(Fault) {
    let start = at
    if let byte = peek, isQuote(byte) {
      try string(byte)
    } else {
      if json5 { while let byte = peek, isNameByte(byte, first: at == start) { at += 1 } }
      guard at > start else {
        let name = json5 ? "a name" : "a name in double quotes"
        throw expected(end.map { "\(name) or \($0)" } ?? name)
      }
    }
    try space()
    guard peek == UInt8(ascii: ":") else { throw expected("\":\" after the name") }
    at += 1
    try space()
  }

  private func isNameByte(_ byte: UInt8, first: Bool) -> Bool {
    isLetter(byte) || byte == UInt8(ascii: "$") || byte >= 0x80 || byte == UInt8(ascii: "\\")
      || !first && isDigit(byte)
  }

  // MARK: Scalars

  private mutating func scalar() throws(Fault) {
    guard let byte = peek else { throw expected("a value") }
    if isQuote(byte) { return try string(byte) }
    if isDigit(byte) || "+-.".utf8.contains(byte) { return try number() }
    let start = at
    while let byte = peek, isLetter(byte) || isDigit(byte) { at += 1 }
    let words = ["true", "false", "null"] + (json5 ? ["Infinity", "NaN"] : [])
    guard words.contains(String(decoding: bytes[start..<at], as: UTF8.self)) else {
      at = start
      throw expected("a value")
    }
  }

  private mutating func string(_ quote: UInt8) throws(Fault) {
    let start = at
    at += 1
    while let byte = peek, byte != quote {
      if byte == UInt8(ascii: "\\") {
        try escape()
      } else if byte < 0x20, !json5 || isLineEnd(byte) {
        throw fault(
          isLineEnd(byte)
            ? "a string must end on its line, or have \\n there"
            : "a string must not contain this control character", at: isLineEnd(byte) ? start : at)
      } else {
        at += 1
      }
    }
    guard peek == quote else { throw fault("this string has no end", at: start) }
    at += 1
  }

  private mutating func escape() throws(Fault) {
    let start = at
    at += 1
    guard let byte = peek else { return }
    at += 1
    switch byte {
    case UInt8(ascii: "u"): try hexDigits(4, start)
    case UInt8(ascii: "x") where json5: try hexDigits(2, start)
    case _ where json5 || "\"\\/bfnrt".utf8.contains(byte): break
    default:
      throw fault("a backslash must be followed by one of \" \\ / b f n r t u", at: start)
    }
  }

  private mutating func hexDigits(_ count: Int, _ start: Int) throws(Fault) {
    for _ in 0..<count {
      guard let byte = peek, isHexDigit(byte) else {
        throw fault("an escape must have \(count) hexadecimal digits", at: start)
      }
      at += 1
    }
  }

  private mutating func number() throws(Fault) {
    let start = at
    if peek == UInt8(ascii: "-") || json5 && peek == UInt8(ascii: "+") { at += 1 }
    if json5, let byte = peek, isLetter(byte) { return try scalar() }
    if json5, peek == UInt8(ascii: "0"), at + 1 < bytes.count, bytes[at + 1] | 0x20 == 0x78 {
      at += 2
      guard digits(isHexDigit) > 0 else { throw expected("a hexadecimal digit") }
      return try endNumber(start)
    }
    let startsWithZero = peek == UInt8(ascii: "0")
    let whole = digits(isDigit)
    if whole > 1, startsWithZero { throw fault("a number must not begin with 0", at: start) }
    if whole == 0, !json5 { throw expected("a digit") }
    if peek == UInt8(ascii: ".") {
      at += 1
      let fraction = digits(isDigit)
      if fraction == 0, !json5 || whole == 0 { throw expected("a digit") }
    } else if whole == 0 {
      throw expected("a digit")
    }
    if let byte = peek, byte | 0x20 == UInt8(ascii: "e") {
      at += 1
      if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { at += 1 }
      guard digits(isDigit) > 0 else { throw expected("a digit") }
    }
    try endNumber(start)
  }

  private func endNumber(_ start: Int) throws(Fault) {
    if let byte = peek, isLetter(byte) || isDigit(byte) {
      throw fault("this is no number; text needs quotes", at: start)
    }
  }

  private mutating func digits(_ isDigit: (UInt8) -> Bool) -> Int {
    let start = at
    while let byte = peek, isDigit(byte) { at += 1 }
    return at - start
  }

  // MARK: Between values

  /// Skips white space and, in JSON5, comments.
  private mutating func space() throws(Fault) {
    while let byte = peek {
      switch byte {
      case UInt8(ascii: " "), 0x09, 0x0A, 0x0D: at += 1
      case 0x0B, 0x0C:
        guard json5 else { return }
        at += 1
      case UInt8(ascii: "/"):
        guard json5 else {
          throw fault("expected a value; comments are not allowed here", at: at)
        }
        try comment()
      case 0xC2, 0xE2, 0xEF:
        guard json5, let length = wideSpace() else { return }
        at += length
      default: return
      }
    }
  }

  /// Length of a no-break space, line or paragraph separator, or byte order mark.
  private func wideSpace() -> Int? {
    let spaces: [[UInt8]] = [
      [0xC2, 0xA0], [0xE2, 0x80, 0xA8], [0xE2, 0x80, 0xA9], [0xEF, 0xBB, 0xBF],
    ]
    return spaces.first { bytes[at...].starts(with: $0) }?.count
  }

  private mutating func comment() throws(Fault) {
    let start = at
    at += 1
    switch peek {
    case UInt8(ascii: "/"):
      while let byte = peek, !isLineEnd(byte) { at += 1 }
    case UInt8(ascii: "*"):
      at += 1
      while at + 1 < bytes.count {
        if bytes[at] == UInt8(ascii: "*"), bytes[at + 1] == UInt8(ascii: "/") {
          at += 2
          return
        }
        at += 1
      }
      throw fault("this comment has no end", at: start)
    default: throw fault("expected a comment: // or /*", at: start)
    }
  }

  // MARK: Bytes and places

  private var peek: UInt8? { at < bytes.count ? bytes[at] : nil }

  private func isQuote(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\"") || json5 && byte == UInt8(ascii: "'")
  }

  private func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

  private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

  private func isHexDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || (byte | 0x20) &- UInt8(ascii: "a") < 6
  }

  private func isLetter(_ byte: UInt8) -> Bool {
    (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "_")
  }

  private func expected(_ what: String) -> Fault {
    guard at < bytes.count else { return fault("expected \(what), but the text ends", at: at) }
    let rest = String(decoding: bytes[at...].prefix(4), as: UTF8.self)
    let found = rest.unicodeScalars.first.map { $0.value < 0x20 ? "a line end" : "'\($0)'" } ?? ""
    return fault("expected \(what), found \(found)", at: at)
  }

  private func fault(_ reason: String, at place: Int) -> Fault {
    let before = bytes[..<place]
    let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    return Fault(
      line: before.count { $0 == 0x0A } + 1,
      column: bytes[lineStart..<place].count { $0 & 0xC0 != 0x80 } + 1, reason: reason)
  }
}
