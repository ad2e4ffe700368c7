import HostSupport

/// Reads strict JSON (RFC 8259) from bytes that anybody may have written.
///
/// It is here beside Foundation's parser because a start reads a thousand manifests: this takes microseconds for each, says
/// the line and column of an error, refuses a name that is there twice, and has a depth limit of 32.
struct ManifestText {
  private let bytes: [UInt8]
  private var position = 0
  private var depth = 0

  /// Parses a whole document.
  static func parse(_ bytes: [UInt8]) throws(ManifestError) -> JSON {
    guard unsafe bytes.withUnsafeBufferPointer({ unsafe isUTF8($0) }) else {
      throw ManifestError("is not valid UTF-8; save it as UTF-8 and build again")
    }
    var text = ManifestText(bytes: bytes)
    text.skipSpace()
    let value = try text.value()
    text.skipSpace()
    guard text.position == bytes.count else {
      throw text.failure("text after the end of the value")
    }
    return value
  }

  private init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  private static func isUTF8(_ buffer: UnsafeBufferPointer<UInt8>) -> Bool {
    if unsafe buffer.allSatisfy({ $0 < 0x80 }) { return true }
    return unsafe String(validating: buffer, as: UTF8.self) != nil
  }

  private func failure(_ reason: String) -> ManifestError {
    let before = bytes[..<min(position, bytes.count)]
    let line = before.count(where: { $0 == 0x0A }) + 1
    let column = before.count - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0) + 1
    return ManifestError("is not JSON: \(reason) at line \(line), column \(column)")
  }

  private var current: UInt8 { position < bytes.count ? bytes[position] : 0 }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return
      }
    }
  }

  private mutating func value() throws(ManifestError) -> JSON {
    switch current {
    case UInt8(ascii: "{"): return try nested { text throws(ManifestError) in try text.object() }
    case UInt8(ascii: "["): return try nested { text throws(ManifestError) in try text.array() }
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), 0x30...0x39: return try number()
    default:
      throw failure(position < bytes.count ? "a value is missing" : "the text ends too early")
    }
  }

  private mutating func nested(
    _ body: (inout ManifestText) throws(ManifestError) -> JSON
  ) throws(ManifestError) -> JSON {
    depth += 1
    guard depth <= 32 else { throw failure("more than 32 levels") }
    position += 1
    skipSpace()
    let result = try body(&self)
    depth -= 1
    return result
  }

  private mutating func object() throws(ManifestError) -> JSON {
    if take(UInt8(ascii: "}")) { return .object([:]) }
    var members = [String: JSON](minimumCapacity: 8)
    repeat {
      skipSpace()
      guard current == UInt8(ascii: "\"") else { throw failure("a name in quotes is missing") }
      let name = try string()
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw failure("a : is missing") }
      skipSpace()
      let previous = members.updateValue(try value(), forKey: name)
      guard previous == nil else { throw failure("the name \"\(name)\" is there twice") }
      skipSpace()
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "}")) else { throw failure("a , or } is missing") }
    return .object(members)
  }

  private mutating func array() throws(ManifestError) -> JSON {
    var elements: [JSON] = []
    if take(UInt8(ascii: "]")) { return .array(elements) }
    repeat {
      skipSpace()
      elements.append(try value())
      skipSpace()
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")) else { throw failure("a , or ] is missing") }
    return .array(elements)
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  private mutating func word(_ word: StaticString, _ value: JSON) throws(ManifestError) -> JSON {
    let end = position + word.utf8CodeUnitCount
    guard end <= bytes.count, "\(word)".utf8.elementsEqual(bytes[position..<end]) else {
      throw failure("a value is missing")
    }
    position = end
    return value
  }

  private mutating func digits() throws(ManifestError) {
    guard PartialVersion.isDigit(current) else { throw failure("a digit is missing") }
    while PartialVersion.isDigit(current) { position += 1 }
  }

  private mutating func number() throws(ManifestError) -> JSON {
    let start = position
    _ = take(UInt8(ascii: "-"))
    if current == 0x30 { position += 1 } else { try digits() }
    var isInteger = true
    if take(UInt8(ascii: ".")) {
      isInteger = false
      try digits()
    }
    if current | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      position += 1
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
      try digits()
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger, let value = Int64(text) { return .int(value) }
    guard let value = Double(text), value.isFinite else { throw failure("the number is too large") }
    return .double(value)
  }

  /// Reads a string; the cursor is on the opening quote.
  private mutating func string() throws(ManifestError) -> String {
    position += 1
    let start = position
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        position += 1
        return String(decoding: bytes[start..<position - 1], as: UTF8.self)
      case UInt8(ascii: "\\"): return try escapedString(from: start)
      case ..<0x20: throw failure("a control character in a string")
      default: position += 1
      }
    }
    throw failure("a string does not end")
  }

  private mutating func escapedString(from start: Int) throws(ManifestError) -> String {
    var result = Array(bytes[start..<position])
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: result, as: UTF8.self)
      case UInt8(ascii: "\\"): try escape(into: &result)
      case ..<0x20: throw failure("a control character in a string")
      default: result.append(byte)
      }
    }
    throw failure("a string does not end")
  }

  private mutating func escape(into result: inout [UInt8]) throws(ManifestError) {
    let byte = current
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(byte)
    case UInt8(ascii: "b"): result.append(0x08)
    case UInt8(ascii: "f"): result.append(0x0C)
    case UInt8(ascii: "n"): result.append(0x0A)
    case UInt8(ascii: "r"): result.append(0x0D)
    case UInt8(ascii: "t"): result.append(0x09)
    case UInt8(ascii: "u"): result += Array(Character(try escapedScalar()).utf8)
    default: throw failure("an unknown escape in a string")
    }
  }

  private mutating func escapedScalar() throws(ManifestError) -> Unicode.Scalar {
    let first = try fourHexDigits()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard first < 0xDC00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
      throw failure("half a surrogate pair in a string")
    }
    let second = try fourHexDigits()
    guard (0xDC00...0xDFFF).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    else { throw failure("half a surrogate pair in a string") }
    return scalar
  }

  private mutating func fourHexDigits() throws(ManifestError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(current)).hexDigitValue else {
        throw failure("\\u needs four hexadecimal digits")
      }
      value = value << 4 + UInt32(digit)
      position += 1
    }
    return value
  }
}
