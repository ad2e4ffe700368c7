import FoundationEssentials
import HostSupport

/// Reads JSON straight into values: the counterpart of `JSONWriter`, for text whose checksum is right already.
///
/// It takes any JSON, white space and escapes included, but its messages only say where the text stops being what was expected.
struct JSONReader {
  private let bytes: [UInt8]
  private var position: Int
  private let end: Int

  /// Reads a part of bytes, which are not copied.
  init(_ bytes: [UInt8], in range: Range<Int>) {
    self.bytes = bytes
    position = range.lowerBound
    end = range.upperBound
  }

  private func unexpected() -> MetadataError {
    .invalid("it is not the JSON that was expected, at byte \(position)")
  }

  private mutating func peek() -> UInt8 {
    while position < end {
      let byte = bytes[position]
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
      position += 1
    }
    return 0
  }

  private mutating func expect(_ byte: UInt8) throws(MetadataError) {
    guard peek() == byte else { throw unexpected() }
    position += 1
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard peek() == byte else { return false }
    position += 1
    return true
  }

  /// Reads an object.
  ///
  /// - Parameter member: Reads the value of the member that it is given the name of.
  /// - Throws: `.invalid`.
  mutating func object(
    _ member: (inout JSONReader, String) throws(MetadataError) -> Void
  ) throws(MetadataError) {
    try expect(UInt8(ascii: "{"))
    guard !take(UInt8(ascii: "}")) else { return }
    repeat {
      let name = try string()
      try expect(UInt8(ascii: ":"))
      try member(&self, name)
    } while take(UInt8(ascii: ","))
    try expect(UInt8(ascii: "}"))
  }

  /// Reads a list.
  ///
  /// - Parameter element: Reads an element.
  /// - Throws: `.invalid`.
  mutating func list(
    _ element: (inout JSONReader) throws(MetadataError) -> Void
  ) throws(MetadataError) {
    try expect(UInt8(ascii: "["))
    guard !take(UInt8(ascii: "]")) else { return }
    repeat { try element(&self) } while take(UInt8(ascii: ","))
    try expect(UInt8(ascii: "]"))
  }

  mutating func string() throws(MetadataError) -> String {
    try expect(UInt8(ascii: "\""))
    let start = position
    while position < end {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        position += 1
        return text
      }
      if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
      position += 1
    }
    throw unexpected()
  }

  private mutating func escapedString(from start: Int) throws(MetadataError) -> String {
    var text = Array(bytes[start..<position])
    while position < end {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"): try escape(into: &text)
      default: text.append(byte)
      }
    }
    throw unexpected()
  }

  private mutating func escape(into text: inout [UInt8]) throws(MetadataError) {
    guard position < end else { throw unexpected() }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "u"): text += String(try scalar()).utf8
    default: throw unexpected()
    }
  }

  private mutating func scalar() throws(MetadataError) -> Unicode.Scalar {
    var code = try hex()
    if (0xD800..<0xDC00).contains(code), position + 1 < end,
      bytes[position] == UInt8(ascii: "\\"), bytes[position + 1] == UInt8(ascii: "u")
    {
      position += 2
      let low = try hex()
      guard (0xDC00..<0xE000).contains(low) else { throw unexpected() }
      code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(code) else { throw unexpected() }
    return scalar
  }

  private mutating func hex() throws(MetadataError) -> UInt32 {
    guard position + 4 <= end,
      let code = UInt32(
        String(decoding: bytes[position..<(position + 4)], as: UTF8.self), radix: 16)
    else { throw unexpected() }
    position += 4
    return code
  }

  /// Reads an integer that is not negative.
  mutating func unsigned() throws(MetadataError) -> UInt64 {
    guard case .int(let number) = try number(), number >= 0 else { throw unexpected() }
    return UInt64(number)
  }

  private mutating func number() throws(MetadataError) -> MetadataValue {
    guard peek() != 0 else { throw unexpected() }
    let start = position
    let isNegative = bytes[position] == UInt8(ascii: "-")
    if isNegative { position += 1 }
    var whole: Int64 = 0
    var fits = true
    let firstDigit = position
    while position < end, case let digit = bytes[position] &- UInt8(ascii: "0"), digit < 10 {
      let (tens, overflow) = whole.multipliedReportingOverflow(by: 10)
      let (next, carry) = tens.subtractingReportingOverflow(Int64(digit))
      if overflow || carry { fits = false }
      whole = next
      position += 1
    }
    guard position > firstDigit else { throw unexpected() }
    let isWhole = position == end || ![0x2E, 0x65, 0x45].contains(bytes[position])
    // Collected below zero, where there is one number more.
    if isWhole, fits, isNegative || whole != .min { return .int(isNegative ? whole : -whole) }
    while position < end, Self.isNumberByte(bytes[position]) { position += 1 }
    guard let number = Double(String(decoding: bytes[start..<position], as: UTF8.self)) else {
      throw unexpected()
    }
    return .double(number)
  }

  private static func isNumberByte(_ byte: UInt8) -> Bool {
    byte &- UInt8(ascii: "0") < 10 || [0x2E, 0x65, 0x45, 0x2B, 0x2D].contains(byte)
  }

  private mutating func word(
    _ word: StaticString, _ value: MetadataValue
  ) throws(MetadataError) -> MetadataValue {
    let count = word.utf8CodeUnitCount
    guard position + count <= end,
      unsafe bytes[position..<(position + count)].elementsEqual(
        UnsafeBufferPointer(start: word.utf8Start, count: count))
    else { throw unexpected() }
    position += count
    return value
  }

  /// Reads a value in its lossless form.
  mutating func value(depth: Int = 1) throws(MetadataError) -> MetadataValue {
    guard depth <= MetadataValue.maximumDepth else { throw .tooDeep }
    switch peek() {
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "["):
      var elements: [MetadataValue] = []
      try list { (reader) throws(MetadataError) in
        elements.append(try reader.value(depth: depth + 1))
      }
      return .list(elements)
    case UInt8(ascii: "{"): return try map(depth: depth)
    default: return try number()
    }
  }

  private mutating func map(depth: Int) throws(MetadataError) -> MetadataValue {
    var members: [String: MetadataValue] = [:]
    var tagged: MetadataValue?
    try object { (reader, name) throws(MetadataError) in
      if name.utf8.first == UInt8(ascii: "$") {
        guard members.isEmpty, tagged == nil else { throw reader.unexpected() }
        tagged = try reader.tagged(name, depth: depth)
      } else {
        guard tagged == nil else { throw reader.unexpected() }
        members[name] = try reader.value(depth: depth + 1)
      }
    }
    return tagged ?? .map(members)
  }

  private mutating func tagged(
    _ name: String, depth: Int
  ) throws(MetadataError) -> MetadataValue {
    if name == "$map" {
      var members: [String: MetadataValue] = [:]
      try object { (reader, name) throws(MetadataError) in
        members[name] = try reader.value(depth: depth + 1)
      }
      return .map(members)
    }
    let text = try string()
    switch name {
    case "$bytes":
      guard let data = Data(base64Encoded: text) else { throw unexpected() }
      return .bytes([UInt8](data))
    case "$date":
      guard let nanoseconds = Timestamp.nanoseconds(text) else { throw unexpected() }
      return .date(nanoseconds: nanoseconds)
    case "$double":
      guard let number = Double(text) else { throw unexpected() }
      return .double(number)
    default: throw unexpected()
    }
  }
}
