import FoundationEssentials
import HostSupport

/// Values as JSON text without loss, written and read where they lie packed: what providers outside the kernel keep.
///
/// The text is that of `MetadataValue.json`, members sorted by the bytes of their names, so that equal values have equal text.
package enum ValueText {
  /// Appends the text of a value.
  ///
  /// - Parameters:
  ///   - value: The value.
  ///   - bytes: Gets the text in UTF-8, on one line.
  package static func append(_ value: PackedView, to bytes: inout ByteSink) {
    switch value.kind {
    case .null: bytes.append(literal: "null")
    case .no: bytes.append(literal: "false")
    case .yes: bytes.append(literal: "true")
    case .int: append(value.int, to: &bytes)
    case .double: append(value.double, to: &bytes)
    case .date:
      bytes.append(literal: #"{"$date":""#)
      bytes.append(Timestamp.text(value.int))
      bytes.append(literal: "\"}")
    case .string: unsafe append(value.text, to: &bytes)
    case .bytes:
      bytes.append(literal: #"{"$bytes":""#)
      bytes.append(unsafe Data(value.text).base64EncodedString())
      bytes.append(literal: "\"}")
    case .list: appendList(value, to: &bytes)
    case .map: appendMap(value, to: &bytes)
    }
  }

  private static func appendList(_ list: PackedView, to bytes: inout ByteSink) {
    bytes.append(UInt8(ascii: "["))
    var isFirst = true
    list.forEachElement { element in
      if !isFirst { bytes.append(UInt8(ascii: ",")) }
      isFirst = false
      append(element, to: &bytes)
      return true
    }
    bytes.append(UInt8(ascii: "]"))
  }

  private static func appendMap(_ map: PackedView, to bytes: inout ByteSink) {
    var isTagged = false
    unsafe map.forEachMember { name, _ in
      isTagged = unsafe name.first == UInt8(ascii: "$")
      return !isTagged
    }
    if isTagged { bytes.append(literal: #"{"$map":"#) }
    bytes.append(UInt8(ascii: "{"))
    var isFirst = true
    unsafe map.forEachMember { name, member in
      if !isFirst { bytes.append(UInt8(ascii: ",")) }
      isFirst = false
      unsafe append(name, to: &bytes)
      bytes.append(UInt8(ascii: ":"))
      append(member, to: &bytes)
      return true
    }
    bytes.append(UInt8(ascii: "}"))
    if isTagged { bytes.append(UInt8(ascii: "}")) }
  }

  private static func append(_ number: Int64, to bytes: inout ByteSink) {
    var digits: InlineArray<20, UInt8> = .init(repeating: 0)
    var first = 20
    var rest = number.magnitude
    repeat {
      first -= 1
      digits[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    } while rest > 0
    if number < 0 { bytes.append(UInt8(ascii: "-")) }
    for place in first..<20 { bytes.append(digits[place]) }
  }

  private static func append(_ number: Double, to bytes: inout ByteSink) {
    guard number.rounded(.towardZero) == number else {
      bytes.append(number.description)
      return
    }
    // It would read back as an integer.
    bytes.append(literal: #"{"$double":""#)
    bytes.append(number.description)
    bytes.append(literal: "\"}")
  }

  private static func append(_ text: UnsafeBufferPointer<UInt8>, to bytes: inout ByteSink) {
    bytes.append(UInt8(ascii: "\""))
    if unsafe needsEscape(text) {
      for index in 0..<text.count { unsafe appendEscaped(text[index], to: &bytes) }
    } else {
      unsafe bytes.append(text)
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// Eight bytes at a time: in a difference the highest bit of each byte tells that it was less.
  private static func needsEscape(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highest = ones << 7
    var index = 0
    while index + 8 <= text.count, let start = unsafe UnsafeRawPointer(text.baseAddress) {
      let part = unsafe (start + index).loadUnaligned(as: UInt64.self)
      let quotes = part ^ (ones &* UInt64(UInt8(ascii: "\"")))
      let slashes = part ^ (ones &* UInt64(UInt8(ascii: "\\")))
      let controls = (part &- ones &* 0x20) & ~part
      let marks = (quotes &- ones) & ~quotes | (slashes &- ones) & ~slashes | controls
      if marks & highest != 0 { return true }
      index += 8
    }
    while index < text.count {
      if unsafe needsEscape(text[index]) { return true }
      index += 1
    }
    return false
  }

  private static func needsEscape(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }

  private static func appendEscaped(_ byte: UInt8, to bytes: inout ByteSink) {
    switch byte {
    case UInt8(ascii: "\""): bytes.append(literal: "\\\"")
    case UInt8(ascii: "\\"): bytes.append(literal: "\\\\")
    case 0x08: bytes.append(literal: "\\b")
    case 0x09: bytes.append(literal: "\\t")
    case 0x0A: bytes.append(literal: "\\n")
    case 0x0C: bytes.append(literal: "\\f")
    case 0x0D: bytes.append(literal: "\\r")
    case 0..<0x20: bytes.append((byte < 0x10 ? "\\u000" : "\\u00") + String(byte, radix: 16))
    default: bytes.append(byte)
    }
  }
}
