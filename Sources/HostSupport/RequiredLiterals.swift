/// Finds what a POSIX extended regular expression cannot match without: texts of which one occurs in whatever it matches.
///
/// A careful reader: where it is in doubt there are none. Work grows with the length of the expression.
struct RequiredLiterals {
  /// Texts of which at least one occurs, or `nil` where none can be told.
  private typealias Needed = [[UInt8]]

  private static let mostAlternatives = 16

  private let bytes: [UInt8]
  private var position = 0
  private var isDoubtful = false

  private init(_ expression: String) { bytes = Array(expression.utf8) }

  /// Texts of which at least one occurs in every match, none of them empty; `nil` where none can be told.
  static func of(_ expression: String) -> [[UInt8]]? {
    var reader = RequiredLiterals(expression)
    let needed = reader.alternatives(isGroup: false)
    return reader.isDoubtful ? nil : needed
  }

  /// What one thing between operators is.
  private enum Atom {
    case byte(UInt8)
    case group(Needed?)
    case other
    /// Matches no byte: an anchor.
    case place
  }

  private enum Repeat { case once, perhaps, atLeastOnce }

  private mutating func alternatives(isGroup: Bool) -> Needed? {
    var all: Needed? = []
    while true {
      let one = branch()
      if let one, let others = all, others.count + one.count <= Self.mostAlternatives {
        all = others + one
      } else {
        all = nil
      }
      switch peek {
      case UInt8(ascii: "|"): position += 1
      case nil:
        if isGroup { isDoubtful = true }
        return all
      default:
        if isGroup { position += 1 } else { isDoubtful = true }
        return all
      }
      if isDoubtful { return nil }
    }
  }

  /// Reads up to `|`, `)` or the end.
  private mutating func branch() -> Needed? {
    var best: Needed?
    var run: [UInt8] = []
    func consider(_ needed: Needed?) {
      guard let needed, let shortest = needed.map(\.count).min(), shortest > 0 else { return }
      if shortest > best?.map(\.count).min() ?? 0 { best = needed }
    }
    while let next = peek, next != UInt8(ascii: "|"), next != UInt8(ascii: ")"), !isDoubtful {
      let atom = self.atom()
      let count = self.count()
      switch (atom, count) {
      case (.byte(let byte), .once): run.append(byte)
      case (.byte(let byte), .atLeastOnce):
        run.append(byte)
        consider([run])
        run = [byte]
      case (.place, .once): continue
      case (.place, _): isDoubtful = true
      case (.group(let needed), .once), (.group(let needed), .atLeastOnce):
        consider([run])
        consider(needed)
        run = []
      case (.byte, .perhaps), (.group, .perhaps), (.other, _):
        consider([run])
        run = []
      }
    }
    consider([run])
    return best
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func atom() -> Atom {
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "^"), UInt8(ascii: "$"): return .place
    case UInt8(ascii: "."): return .other
    case UInt8(ascii: "("): return .group(alternatives(isGroup: true))
    case UInt8(ascii: "["): return brackets()
    case UInt8(ascii: "\\"): return escaped()
    case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"), UInt8(ascii: "{"):
      // With nothing before it to repeat: what it means differs.
      isDoubtful = true
      return .other
    default: return byte < 0x80 ? .byte(byte) : .other
    }
  }

  private mutating func escaped() -> Atom {
    guard let byte = peek else {
      isDoubtful = true
      return .other
    }
    position += 1
    switch byte {
    case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "`"), UInt8(ascii: "'"): return .other
    case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: return .byte(byte)
    default: return .other
    }
  }

  /// Reads a bracket expression; one of a single byte is that byte.
  private mutating func brackets() -> Atom {
    let start = position
    if peek == UInt8(ascii: "^") { position += 1 }
    if peek == UInt8(ascii: "]") { position += 1 }
    while let byte = peek, byte != UInt8(ascii: "]") {
      position += 1
      // Classes such as [:alpha:] hold a bracket of their own.
      if byte == UInt8(ascii: "["), let kind = peek, ":.=".utf8.contains(kind) {
        position += 1
        skip(past: kind)
      }
    }
    guard position < bytes.count else {
      isDoubtful = true
      return .other
    }
    position += 1
    let inside = bytes[start..<(position - 1)]
    if inside.count == 1, let only = inside.first, only < 0x80, only != UInt8(ascii: "^") {
      return .byte(only)
    }
    return .other
  }

  private mutating func skip(past kind: UInt8) {
    while let byte = peek {
      position += 1
      if byte == kind, peek == UInt8(ascii: "]") { break }
    }
    position = min(position + 1, bytes.count)
  }

  /// Reads the operators that say how often an atom occurs.
  private mutating func count() -> Repeat {
    var count = Repeat.once
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "*"), UInt8(ascii: "?"): count = .perhaps
      case UInt8(ascii: "+"): if count == .once { count = .atLeastOnce }
      case UInt8(ascii: "{"):
        guard let least = interval() else {
          isDoubtful = true
          return count
        }
        if least == 0 { count = .perhaps } else if count == .once { count = .atLeastOnce }
        continue
      default: return count
      }
      position += 1
    }
    return count
  }

  /// Reads `{2}`, `{2,}` or `{2,5}`.
  ///
  /// - Returns: The least count, or `nil` when it is none of these.
  private mutating func interval() -> Int? {
    guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "}")) else { return nil }
    let text = String(decoding: bytes[(position + 1)..<end], as: UTF8.self)
    guard let least = Int(text.prefix { $0 != "," }) else { return nil }
    position = end + 1
    return least
  }
}
