import FoundationEssentials
import HostSupport

/// Reads the text that `ValueText` writes, or any JSON, straight into packed form.
///
/// Lifetime: valid inside the closure that lent the text.
@safe struct ValueTextReader {
  // Safe: `next` never passes `end`, and both point into the text that the caller lends.
  private let start: UnsafePointer<UInt8>
  private let end: UnsafePointer<UInt8>
  private var next: UnsafePointer<UInt8>

  private init(_ start: UnsafePointer<UInt8>, count: Int) {
    unsafe self.start = unsafe start
    unsafe next = unsafe start
    unsafe end = unsafe start + count
  }

  /// Reads one value.
  ///
  /// - Parameters:
  ///   - text: All of it is the value, with white space around.
  ///   - writer: Gets the value.
  /// - Throws: `.invalid` that says at which byte what was expected, or `.tooLarge`.
  static func read(
    _ text: UnsafeBufferPointer<UInt8>, into writer: inout PackedWriter
  ) throws(MetadataError) {
    guard let start = text.baseAddress, text.count > 0 else { throw expected("a value", at: 0) }
    // Once for all: what is between quotes needs no check of its own then.
    guard unsafe (try? UTF8Span(validating: text.span)) != nil else {
      throw .invalid("the value's text is not UTF-8")
    }
    var reader = unsafe ValueTextReader(start, count: text.count)
    try reader.value(into: &writer)
    reader.skipSpace()
    guard unsafe reader.next == reader.end else { throw reader.expected("nothing after the value") }
    guard writer.weight <= MetadataValue.maximumSize else {
      throw .tooLarge(
        "the value has \(writer.weight) bytes; at most \(MetadataValue.maximumSize) are allowed")
    }
  }

  // MARK: Values

  private mutating func value(into writer: inout PackedWriter) throws(MetadataError) {
    skipSpace()
    switch peek {
    case UInt8(ascii: "\""):
      unsafe try string { bytes in unsafe writer.text(bytes, .string) }
    case UInt8(ascii: "{"): try object(into: &writer)
    case UInt8(ascii: "["): try list(into: &writer)
    case UInt8(ascii: "t"):
      try word("true")
      writer.bool(true)
    case UInt8(ascii: "f"):
      try word("false")
      writer.bool(false)
    case UInt8(ascii: "n"):
      try word("null")
      writer.null()
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number(into: &writer)
    default: throw expected("a value")
    }
  }

  private mutating func list(into writer: inout PackedWriter) throws(MetadataError) {
    unsafe next += 1
    var list = try Self.checked { () throws(PackedWriter.Refusal) in try writer.begin(.list) }
    if !take(UInt8(ascii: "]")) {
      repeat {
        try Self.checked { () throws(PackedWriter.Refusal) in try writer.element(of: &list) }
        try value(into: &writer)
      } while take(UInt8(ascii: ","))
      try expect(UInt8(ascii: "]"), "',' or ']'")
    }
    try Self.checked { () throws(PackedWriter.Refusal) in try writer.end(list) }
  }

  private mutating func object(into writer: inout PackedWriter) throws(MetadataError) {
    unsafe next += 1
    skipSpace()
    guard unsafe end - next > 1, peek == UInt8(ascii: "\""), unsafe next[1] == UInt8(ascii: "$")
    else { return try members(into: &writer, mayBeTags: false) }
    try tagged(into: &writer)
    try expect(UInt8(ascii: "}"), "'}'")
  }

  private mutating func members(
    into writer: inout PackedWriter, mayBeTags: Bool
  ) throws(MetadataError) {
    var map = try Self.checked { () throws(PackedWriter.Refusal) in try writer.begin(.map) }
    if !take(UInt8(ascii: "}")) {
      repeat {
        skipSpace()
        guard peek == UInt8(ascii: "\"") else { throw expected("a name") }
        let place = unsafe next - start
        unsafe try string { name throws(MetadataError) in
          guard unsafe mayBeTags || name.first != UInt8(ascii: "$") else {
            throw Self.expected("a name that does not begin with $", at: place)
          }
          try Self.checked { () throws(PackedWriter.Refusal) in
            unsafe try writer.name(name, of: &map)
          }
        }
        try expect(UInt8(ascii: ":"), "':'")
        try value(into: &writer)
      } while take(UInt8(ascii: ","))
      try expect(UInt8(ascii: "}"), "',' or '}'")
    }
    try Self.checked { () throws(PackedWriter.Refusal) in try writer.end(map) }
  }

  /// What JSON cannot say, after the brace.
  private mutating func tagged(into writer: inout PackedWriter) throws(MetadataError) {
    let tag = try text()
    try expect(UInt8(ascii: ":"), "':'")
    skipSpace()
    let place = unsafe next - start
    let isText = peek == UInt8(ascii: "\"")
    switch tag {
    case "$bytes" where isText:
      unsafe try string { content throws(MetadataError) in
        guard let data = unsafe Data(base64Encoded: Data(content)) else {
          throw Self.expected("base64", at: place)
        }
        unsafe Array(data).withUnsafeBufferPointer { unsafe writer.text($0, .bytes) }
      }
    case "$date" where isText:
      guard let nanoseconds = Timestamp.nanoseconds(try text()) else {
        throw Self.expected("a date like 2026-01-31T10:00:00.000000001Z", at: place)
      }
      writer.date(nanoseconds)
    case "$date":
      guard let nanoseconds = Int64(digits().text) else {
        throw Self.expected("nanoseconds", at: place)
      }
      writer.date(nanoseconds)
    case "$double" where isText:
      try double(try text(), at: place, into: &writer)
    case "$map":
      try expect(UInt8(ascii: "{"), "'{'")
      try members(into: &writer, mayBeTags: true)
    default: throw Self.expected("what \(tag) may have", at: place)
    }
  }

  // MARK: Numbers

  private mutating func number(into writer: inout PackedWriter) throws(MetadataError) {
    switch quickNumber() {
    case .int(let number): return writer.int(number)
    case .double(let number):
      return try Self.checked { () throws(PackedWriter.Refusal) in try writer.double(number) }
    case nil: break
    }
    let place = unsafe next - start
    let (text, isWhole) = digits()
    if isWhole, let number = Int64(text) { return writer.int(number) }
    try double(text, at: place, into: &writer)
  }

  private enum Number {
    case int(Int64)
    case double(Double)
  }

  private static let powersOfTen: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
  ]

  /// Reads a number of at most 15 digits without an exponent: both parts of the quotient are exact then, so that it is the nearest
  /// number. Anything else is left where it is.
  private mutating func quickNumber() -> Number? {
    var at = unsafe next
    let isNegative = unsafe at.pointee == UInt8(ascii: "-")
    if isNegative { unsafe at += 1 }
    var digits: Int64 = 0
    var count = 0
    var point = -1
    loop: while unsafe at < end {
      let byte = unsafe at.pointee
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        count += 1
        guard count <= 15 else { return nil }
        digits = digits * 10 + Int64(byte - UInt8(ascii: "0"))
      case UInt8(ascii: ".") where point < 0 && count > 0: point = count
      case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"), UInt8(ascii: "+"),
        UInt8(ascii: "-"):
        return nil
      default: break loop
      }
      unsafe at += 1
    }
    guard count > 0, point != count else { return nil }
    unsafe next = unsafe at
    if point < 0 { return .int(isNegative ? -digits : digits) }
    let number = Double(digits) / Self.powersOfTen[count - point]
    return .double(isNegative ? -number : number)
  }

  /// The text of a number; one that is no number may be among it.
  private mutating func digits() -> (text: String, isWhole: Bool) {
    let first = unsafe next
    var isWhole = true
    loop: while unsafe next < end {
      switch unsafe next.pointee {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): break
      case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"), UInt8(ascii: "+"):
        isWhole = false
      default: break loop
      }
      unsafe next += 1
    }
    let bytes = unsafe UnsafeBufferPointer(start: first, count: next - first)
    return unsafe (String(decoding: bytes, as: UTF8.self), isWhole)
  }

  private func double(
    _ text: String, at place: Int, into writer: inout PackedWriter
  ) throws(MetadataError) {
    guard let number = Double(text), number.isFinite else {
      throw Self.expected("a number", at: place)
    }
    try Self.checked { () throws(PackedWriter.Refusal) in try writer.double(number) }
  }

  // MARK: Text

  private mutating func text() throws(MetadataError) -> String {
    var text = ""
    unsafe try string { bytes in text = unsafe String(decoding: bytes, as: UTF8.self) }
    return text
  }

  /// Reads a string and lends its bytes.
  private mutating func string(
    _ body: (UnsafeBufferPointer<UInt8>) throws(MetadataError) -> Void
  ) throws(MetadataError) {
    unsafe next += 1
    let first = unsafe next
    while unsafe next < end, unsafe next.pointee != UInt8(ascii: "\""),
      unsafe next.pointee != UInt8(ascii: "\\")
    {
      guard unsafe next.pointee >= 0x20 else { throw expected("an escape") }
      unsafe next += 1
    }
    guard unsafe next < end else { throw expected("the end of a string") }
    let plain = unsafe UnsafeBufferPointer(start: first, count: next - first)
    if unsafe next.pointee == UInt8(ascii: "\"") {
      unsafe next += 1
      return unsafe try body(plain)
    }
    var bytes = unsafe Array(plain)
    try escaped(&bytes)
    unsafe try bytes.withUnsafeBufferPointer { (bytes) throws(MetadataError) in
      unsafe try body(bytes)
    }
  }

  private mutating func escaped(_ bytes: inout [UInt8]) throws(MetadataError) {
    while unsafe next < end {
      let byte = unsafe next.pointee
      unsafe next += 1
      switch byte {
      case UInt8(ascii: "\""): return
      case UInt8(ascii: "\\"): try escape(&bytes)
      case 0..<0x20:
        unsafe next -= 1
        throw expected("an escape")
      default: bytes.append(byte)
      }
    }
    throw expected("the end of a string")
  }

  private mutating func escape(_ bytes: inout [UInt8]) throws(MetadataError) {
    guard unsafe next < end else { throw expected("an escape") }
    let byte = unsafe next.pointee
    unsafe next += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(byte)
    case UInt8(ascii: "b"): bytes.append(0x08)
    case UInt8(ascii: "t"): bytes.append(0x09)
    case UInt8(ascii: "n"): bytes.append(0x0A)
    case UInt8(ascii: "f"): bytes.append(0x0C)
    case UInt8(ascii: "r"): bytes.append(0x0D)
    case UInt8(ascii: "u"): bytes += String(try scalar()).utf8
    default:
      unsafe next -= 1
      throw expected("an escape")
    }
  }

  /// `XXXX`, or `XXXX\uXXXX` for what is beyond 16 bits.
  private mutating func scalar() throws(MetadataError) -> Unicode.Scalar {
    let place = unsafe next - start
    var code = try hex()
    if (0xD800..<0xDC00).contains(code), unsafe end - next > 1,
      unsafe next[0] == UInt8(ascii: "\\"), unsafe next[1] == UInt8(ascii: "u")
    {
      unsafe next += 2
      let low = try hex()
      guard (0xDC00..<0xE000).contains(low) else {
        throw Self.expected("a surrogate pair", at: place)
      }
      code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(code) else {
      throw Self.expected("a surrogate pair", at: place)
    }
    return scalar
  }

  private mutating func hex() throws(MetadataError) -> UInt32 {
    guard unsafe end - next >= 4 else { throw expected("four hex digits") }
    let digits = unsafe String(decoding: UnsafeBufferPointer(start: next, count: 4), as: UTF8.self)
    guard digits.utf8.count == 4, digits.utf8.first != UInt8(ascii: "+"),
      let code = UInt32(digits, radix: 16)
    else { throw expected("four hex digits") }
    unsafe next += 4
    return code
  }

  // MARK: Marks

  /// The byte that comes next; 0 at the end.
  private var peek: UInt8 { unsafe next < end ? next.pointee : 0 }

  private mutating func word(_ word: StaticString) throws(MetadataError) {
    let count = word.utf8CodeUnitCount
    guard unsafe end - next >= count,
      unsafe UnsafeBufferPointer(start: next, count: count).elementsEqual(
        UnsafeBufferPointer(start: word.utf8Start, count: count))
    else { throw expected("\(word)") }
    unsafe next += count
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    guard unsafe next < end, unsafe next.pointee == byte else { return false }
    unsafe next += 1
    return true
  }

  private mutating func expect(_ byte: UInt8, _ what: StaticString) throws(MetadataError) {
    guard take(byte) else { throw expected("\(what)") }
  }

  private mutating func skipSpace() {
    while unsafe next < end {
      switch unsafe next.pointee {
      case 0x20, 0x09, 0x0A, 0x0D: unsafe next += 1
      default: return
      }
    }
  }

  // MARK: Errors

  private func expected(_ what: String) -> MetadataError {
    unsafe Self.expected(what, at: next - start)
  }

  private static func expected(_ what: String, at place: Int) -> MetadataError {
    .invalid("the value's text has not \(what) at byte \(place)")
  }

  @inline(__always)
  private static func checked<Result>(
    _ body: () throws(PackedWriter.Refusal) -> Result
  ) throws(MetadataError) -> Result {
    do throws(PackedWriter.Refusal) { return try body() } catch {
      switch error {
      case .tooDeep: throw .tooDeep
      case .tooLarge(let size):
        throw .tooLarge(
          "the value has \(size) bytes or more; at most \(MetadataValue.maximumSize) are allowed")
      case .notFinite: throw .invalid("the value has a number that is not finite")
      case .twice(let name): throw .invalid("a map in the value has the name '\(name)' twice")
      case .notText: throw .invalid("text in the value is not UTF-8")
      }
    }
  }
}
