/// A place in JSON text (RFC 8259) from which single values are read.
///
/// The text is passed to each call; all of them take time in proportion to what they go over.
struct JSONCursor {
  /// A string's bytes between its quotes.
  struct StringRange {
    let range: Range<Int>
    let hasEscapes: Bool
    /// Unicode scalars.
    let scalars: Int
  }

  /// The next byte.
  var at = 0

  /// Whether bytes are UTF-8.
  static func isUTF8(_ text: Span<UInt8>) -> Bool {
    do throws(UTF8.ValidationError) {
      _ = try UTF8Span(validating: text)
      return true
    } catch {
      return false
    }
  }

  /// The next byte, if there is one.
  func peek(_ text: Span<UInt8>) -> UInt8? { at < text.count ? text[at] : nil }

  /// Goes past a byte, if it comes next.
  mutating func take(_ byte: UInt8, _ text: Span<UInt8>) -> Bool {
    guard peek(text) == byte else { return false }
    at += 1
    return true
  }

  /// Goes past white space.
  mutating func skipSpace(_ text: Span<UInt8>) {
    while let byte = peek(text), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      at += 1
    }
  }

  // MARK: Scalars

  /// Goes past a string.
  ///
  /// - Returns: `nil` when none stands here.
  mutating func string(_ text: Span<UInt8>) -> StringRange? {
    guard take(UInt8(ascii: "\""), text) else { return nil }
    let start = at
    var scalars = 0
    var hasEscapes = false
    while let byte = peek(text) {
      at += 1
      switch byte {
      case UInt8(ascii: "\""):
        return StringRange(range: start..<(at - 1), hasEscapes: hasEscapes, scalars: scalars)
      case UInt8(ascii: "\\"):
        guard escape(text) != nil else { return nil }
        hasEscapes = true
        scalars += 1
      case 0..<0x20: return nil
      default: scalars += byte & 0xC0 == 0x80 ? 0 : 1
      }
    }
    return nil
  }

  /// Goes past what follows a backslash, and past the second half of a pair.
  ///
  /// - Returns: What it stands for; `nil` for half a pair and for what is no escape.
  private mutating func escape(_ text: Span<UInt8>) -> Unicode.Scalar? {
    guard let byte = peek(text) else { return nil }
    at += 1
    switch byte {
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "u"): break
    default: return nil
    }
    guard let unit = hexUnit(text) else { return nil }
    guard unit & 0xFC00 == 0xD800 else { return Unicode.Scalar(unit) }
    guard take(UInt8(ascii: "\\"), text), take(UInt8(ascii: "u"), text), let low = hexUnit(text),
      low & 0xFC00 == 0xDC00
    else { return nil }
    return Unicode.Scalar(0x10000 + (UInt32(unit & 0x3FF) << 10 | UInt32(low & 0x3FF)))
  }

  private mutating func hexUnit(_ text: Span<UInt8>) -> UInt16? {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = peek(text), let digit = Self.hexDigit(byte) else { return nil }
      unit = unit << 4 | UInt16(digit)
      at += 1
    }
    return unit
  }

  private static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  /// Goes past a number.
  ///
  /// - Returns: Whether it has neither fraction nor exponent; `nil` when none stands here.
  mutating func number(_ text: Span<UInt8>) -> Bool? {
    _ = take(UInt8(ascii: "-"), text)
    let startsWithZero = peek(text) == UInt8(ascii: "0")
    let digits = skipDigits(text)
    guard digits == 1 || digits > 1 && !startsWithZero else { return nil }
    var isWhole = true
    if take(UInt8(ascii: "."), text) {
      isWhole = false
      guard skipDigits(text) > 0 else { return nil }
    }
    if take(UInt8(ascii: "e"), text) || take(UInt8(ascii: "E"), text) {
      isWhole = false
      if !take(UInt8(ascii: "-"), text) { _ = take(UInt8(ascii: "+"), text) }
      guard skipDigits(text) > 0 else { return nil }
    }
    return isWhole
  }

  private mutating func skipDigits(_ text: Span<UInt8>) -> Int {
    let start = at
    while let byte = peek(text), byte &- UInt8(ascii: "0") < 10 { at += 1 }
    return at - start
  }

  private static let words: [(letters: [UInt8], value: JSON)] = [
    (Array("true".utf8), .bool(true)), (Array("false".utf8), .bool(false)),
    (Array("null".utf8), .null),
  ]

  /// Goes past `true`, `false` or `null`.
  mutating func word(_ text: Span<UInt8>) -> JSON? {
    for (letters, value) in Self.words where peek(text) == letters[0] {
      for letter in letters where !take(letter, text) { return nil }
      return value
    }
    return nil
  }

  // MARK: Whole values

  /// Goes past a value of any kind that is nested at most `deepest` levels.
  ///
  /// - Returns: Whether there was one.
  mutating func skipValue(_ text: Span<UInt8>, deepest: Int) -> Bool {
    switch peek(text) {
    case UInt8(ascii: "\""): return string(text) != nil
    case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"): return word(text) != nil
    case UInt8(ascii: "["): return skipAll(text, until: UInt8(ascii: "]"), deepest: deepest)
    case UInt8(ascii: "{"): return skipAll(text, until: UInt8(ascii: "}"), deepest: deepest)
    default: return number(text) != nil
    }
  }

  private mutating func skipAll(_ text: Span<UInt8>, until end: UInt8, deepest: Int) -> Bool {
    guard deepest > 0 else { return false }
    at += 1
    skipSpace(text)
    var isFirst = true
    while !take(end, text) {
      if !isFirst {
        guard take(UInt8(ascii: ","), text) else { return false }
        skipSpace(text)
      }
      isFirst = false
      if end == UInt8(ascii: "}") {
        guard string(text) != nil else { return false }
        skipSpace(text)
        guard take(UInt8(ascii: ":"), text) else { return false }
        skipSpace(text)
      }
      guard skipValue(text, deepest: deepest - 1) else { return false }
      skipSpace(text)
    }
    return true
  }

  // MARK: What was read

  /// A range of the text as it stands.
  static func bytes(_ range: Range<Int>, _ text: Span<UInt8>) -> String {
    String(decoding: range.map { text[$0] }, as: UTF8.self)
  }

  /// The text that a string stands for.
  static func text(of string: StringRange, _ text: Span<UInt8>) -> String {
    guard string.hasEscapes else { return bytes(string.range, text) }
    var cursor = JSONCursor()
    cursor.at = string.range.lowerBound
    var result: [UInt8] = []
    while cursor.at < string.range.upperBound {
      let byte = text[cursor.at]
      cursor.at += 1
      if byte == UInt8(ascii: "\\"), let scalar = cursor.escape(text) {
        result += UTF8.encode(scalar).map { Array($0) } ?? []
      } else {
        result.append(byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// The number that a range says.
  static func number(in range: Range<Int>, _ text: Span<UInt8>) -> JSON {
    let digits = bytes(range, text)
    return Int64(digits).map { .int($0) } ?? .double(Double(digits) ?? 0)
  }
}
