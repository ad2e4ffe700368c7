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
  ///   - bytes: Grows by the text in UTF-8, on one line.
  package static func append(_ value: PackedView, to bytes: inout [UInt8]) {
    switch value.kind {
    case .null: append("null", to: &bytes)
    case .no: append("false", to: &bytes)
    case .yes: append("true", to: &bytes)
    case .int: append(value.int, to: &bytes)
    case .double: append(value.double, to: &bytes)
    case .date:
      append(#"{"$date":""#, to: &bytes)
      bytes += Timestamp.text(value.int).utf8
      append("\"}", to: &bytes)
    case .string: unsafe append(value.text, to: &bytes)
    case .bytes:
      append(#"{"$bytes":""#, to: &bytes)
      bytes += unsafe Data(value.text).base64EncodedData()
      append("\"}", to: &bytes)
    case .list: appendList(value, to: &bytes)
    case .map: appendMap(value, to: &bytes)
    }
  }

  private static func append(_ text: StaticString, to bytes: inout [UInt8]) {
    unsafe bytes.append(
      contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  private static func appendList(_ list: PackedView, to bytes: inout [UInt8]) {
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

  private static func appendMap(_ map: PackedView, to bytes: inout [UInt8]) {
    var isTagged = false
    unsafe map.forEachMember { name, _ in
      isTagged = unsafe name.first == UInt8(ascii: "$")
      return !isTagged
    }
    if isTagged { append(#"{"$map":"#, to: &bytes) }
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

  private static func append(_ number: Int64, to bytes: inout [UInt8]) {
    var rest = number.magnitude
    if number < 0 { bytes.append(UInt8(ascii: "-")) }
    let start = bytes.count
    repeat {
      bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    } while rest > 0
    bytes[start...].reverse()
  }

  private static func append(_ number: Double, to bytes: inout [UInt8]) {
    guard number.rounded(.towardZero) == number else {
      bytes += number.description.utf8
      return
    }
    // It would read back as an integer.
    append(#"{"$double":""#, to: &bytes)
    bytes += number.description.utf8
    append("\"}", to: &bytes)
  }

  private static func append(_ text: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    if unsafe text.contains(where: needsEscape) {
      unsafe text.forEach { appendEscaped($0, to: &bytes) }
    } else {
      unsafe bytes.append(contentsOf: text)
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func needsEscape(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }

  private static func appendEscaped(_ byte: UInt8, to bytes: inout [UInt8]) {
    switch byte {
    case UInt8(ascii: "\""): append("\\\"", to: &bytes)
    case UInt8(ascii: "\\"): append("\\\\", to: &bytes)
    case 0x08: append("\\b", to: &bytes)
    case 0x09: append("\\t", to: &bytes)
    case 0x0A: append("\\n", to: &bytes)
    case 0x0C: append("\\f", to: &bytes)
    case 0x0D: append("\\r", to: &bytes)
    case 0..<0x20: bytes += ((byte < 0x10 ? "\\u000" : "\\u00") + String(byte, radix: 16)).utf8
    default: bytes.append(byte)
    }
  }
}
