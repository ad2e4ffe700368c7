/// Takes a query's text apart.
struct QueryScanner {
  private let scalars: [Unicode.Scalar]
  private var next = 0
  private var line = 1
  private var column = 1

  /// All pieces of a text, the last one `end`.
  static func tokens(of text: String) throws(MetadataError) -> [QueryToken] {
    guard text.utf8.count <= MetadataQuery.maximumBytes else {
      throw .tooLarge(
        "the query has \(text.utf8.count) bytes; at most \(MetadataQuery.maximumBytes) are allowed, "
          + "so give long lists as parameters")
    }
    var scanner = QueryScanner(text)
    var tokens: [QueryToken] = []
    repeat { tokens.append(try scanner.token()) } while tokens.last?.kind != .end
    return tokens
  }

  private init(_ text: String) {
    scalars = Array(text.unicodeScalars)
  }

  private var head: Unicode.Scalar? { next < scalars.count ? scalars[next] : nil }
  private var second: Unicode.Scalar? { next + 1 < scalars.count ? scalars[next + 1] : nil }

  private mutating func advance() {
    if scalars[next] == "\n" {
      line += 1
      column = 1
    } else {
      column += 1
    }
    next += 1
  }

  private mutating func token() throws(MetadataError) -> QueryToken {
    while let scalar = head, scalar.properties.isWhitespace { advance() }
    let (line, column) = (line, column)
    return QueryToken(kind: try kind(line, column), line: line, column: column)
  }

  private mutating func kind(_ line: Int, _ column: Int) throws(MetadataError) -> QueryToken.Kind {
    guard let scalar = head else { return .end }
    switch scalar {
    case "\"": return .string(try quoted("\""))
    case _ where Self.beginsName(scalar) || scalar == "`": return try names(line, column)
    case _ where Self.isDigit(scalar): return try number(line, column)
    case "-" where second.map(Self.isDigit) ?? false: return try number(line, column)
    case ":" where second.map(Self.beginsName) ?? false:
      advance()
      return .parameter(name())
    case "$" where second.map(Self.beginsName) ?? false:
      advance()
      return .ofRecord("$" + name())
    default: return try symbol(scalar, line, column)
    }
  }

  private mutating func symbol(
    _ scalar: Unicode.Scalar, _ line: Int, _ column: Int
  ) throws(MetadataError) -> QueryToken.Kind {
    if let second, ["<=", ">=", "!=", "<>", "=="].contains("\(scalar)\(second)") {
      advance()
      advance()
      switch "\(scalar)\(second)" {
      case "<>": return .symbol("!=")
      case "==": return .symbol("=")
      default: return .symbol("\(scalar)\(second)")
      }
    }
    guard "()[]{},:=<>?*".unicodeScalars.contains(scalar) else {
      throw QueryToken.refusal(
        line, column,
        scalar == "'"
          ? "text stands in double quotes, not in '"
          : "\"\(scalar)\" is no part of the language")
    }
    advance()
    return .symbol("\(scalar)")
  }

  private mutating func names(
    _ line: Int, _ column: Int
  ) throws(MetadataError) -> QueryToken.Kind {
    var names: [String] = []
    var isPlain = true
    while true {
      if head == "`" {
        isPlain = false
        names.append(try quoted("`"))
      } else {
        names.append(name())
      }
      guard head == ".", let second, Self.continuesName(second) || second == "`" else { break }
      advance()
    }
    guard names.allSatisfy({ !$0.isEmpty }) else {
      throw QueryToken.refusal(line, column, "a name between backticks is empty")
    }
    return .names(names, isPlain: isPlain)
  }

  private mutating func name() -> String {
    var name = String.UnicodeScalarView()
    while let scalar = head, Self.continuesName(scalar) {
      name.append(scalar)
      advance()
    }
    return String(name)
  }

  private mutating func number(
    _ line: Int, _ column: Int
  ) throws(MetadataError) -> QueryToken.Kind {
    var text = ""
    func isPart(_ scalar: Unicode.Scalar, _ last: Unicode.Scalar?) -> Bool {
      Self.isDigit(scalar) || Self.continuesName(scalar) || scalar == "."
        || ((scalar == "-" || scalar == "+") && (last == "e" || last == "E"))
    }
    repeat {
      if let scalar = head { text.unicodeScalars.append(scalar) }
      advance()
    } while head.map { isPart($0, text.unicodeScalars.last) } ?? false
    if let number = Int64(text) { return .int(number) }
    if text.unicodeScalars.allSatisfy({ Self.isDigit($0) || $0 == "-" }) {
      throw QueryToken.refusal(
        line, column, "\(text) has more than 64 bits; write \(text).0 for a double")
    }
    guard !text.hasSuffix("."), !text.contains(where: { "xXpP_nN".contains($0) }),
      let number = Double(text), number.isFinite
    else {
      throw QueryToken.refusal(line, column, "\(text) is no number")
    }
    return .double(number)
  }

  private mutating func quoted(_ quote: Unicode.Scalar) throws(MetadataError) -> String {
    let (line, column) = (line, column)
    advance()
    var text = String.UnicodeScalarView()
    while let scalar = head, scalar != quote {
      advance()
      text.append(scalar == "\\" ? try escaped(quote) : scalar)
    }
    guard head != nil else {
      throw QueryToken.refusal(line, column, "what begins with \(quote) here has no end")
    }
    advance()
    return String(text)
  }

  private mutating func escaped(_ quote: Unicode.Scalar) throws(MetadataError) -> Unicode.Scalar {
    let (line, column) = (line, column - 1)
    guard let scalar = head else {
      throw QueryToken.refusal(line, column, "nothing follows the backslash")
    }
    advance()
    switch scalar {
    case quote, "\\", "/": return scalar
    case "b": return "\u{08}"
    case "f": return "\u{0C}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "u":
      guard let high = hexadecimal() else { break }
      if let found = Unicode.Scalar(high) { return found }
      guard (0xD800..<0xDC00).contains(high), head == "\\", second == "u" else { break }
      advance()
      advance()
      guard let low = hexadecimal(), (0xDC00..<0xE000).contains(low),
        let found = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
      else { break }
      return found
    default: break
    }
    throw QueryToken.refusal(
      line, column,
      "no such escape: use \\\(quote) \\\\ \\/ \\b \\f \\n \\r \\t or \\u with 4 digits")
  }

  private mutating func hexadecimal() -> UInt32? {
    guard next + 4 <= scalars.count else { return nil }
    var text = ""
    for scalar in scalars[next..<(next + 4)] { text.unicodeScalars.append(scalar) }
    guard text.allSatisfy(\.isHexDigit), let number = UInt32(text, radix: 16) else { return nil }
    for _ in 0..<4 { advance() }
    return number
  }

  static func beginsName(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || scalar.properties.isAlphabetic
  }

  static func continuesName(_ scalar: Unicode.Scalar) -> Bool {
    beginsName(scalar) || isDigit(scalar) || scalar == "-"
  }

  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
}
