import FoundationEssentials
import HostSupport

/// Makes the lossless JSON of values straight as bytes: the same text as `MetadataValue.json`, without the tree between.
struct JSONWriter {
  private(set) var bytes: [UInt8] = []
  /// Whether each element and member has a line of its own.
  private let isIndented: Bool
  private var depth = 0

  init(isIndented: Bool) {
    self.isIndented = isIndented
    bytes.reserveCapacity(512)
  }

  /// Adds text as it is.
  mutating func raw(_ text: StaticString) {
    unsafe bytes.append(
      contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  mutating func raw(_ more: [UInt8]) { bytes += more }

  mutating func int(_ number: Int64) { bytes += "\(number)".utf8 }

  mutating func int(_ number: UInt64) { bytes += "\(number)".utf8 }

  mutating func string(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { buffer in
      var start = 0
      for index in 0..<buffer.count {
        let byte = unsafe buffer[index]
        guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else {
          continue
        }
        unsafe bytes.append(contentsOf: buffer[start..<index])
        escape(byte)
        start = index + 1
      }
      unsafe bytes.append(contentsOf: buffer[start...])
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func escape(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): raw("\\\"")
    case UInt8(ascii: "\\"): raw("\\\\")
    case 0x09: raw("\\t")
    case 0x0A: raw("\\n")
    case 0x0D: raw("\\r")
    default: bytes += ((byte < 0x10 ? "\\u000" : "\\u00") + String(byte, radix: 16)).utf8
    }
  }

  /// Adds an object whose members `body` adds with `member`.
  mutating func object(_ body: (inout JSONWriter, inout Bool) -> Void) {
    bytes.append(UInt8(ascii: "{"))
    depth += 1
    var isFirst = true
    body(&self, &isFirst)
    depth -= 1
    if !isFirst { breakLine() }
    bytes.append(UInt8(ascii: "}"))
  }

  /// Adds the name of an object's next member; its value follows.
  mutating func member(_ name: String, _ isFirst: inout Bool) {
    separate(&isFirst)
    string(name)
    if isIndented { raw(": ") } else { bytes.append(UInt8(ascii: ":")) }
  }

  private mutating func separate(_ isFirst: inout Bool) {
    if !isFirst { bytes.append(UInt8(ascii: ",")) }
    isFirst = false
    breakLine()
  }

  private mutating func breakLine() {
    guard isIndented else { return }
    bytes.append(0x0A)
    for _ in 0..<depth { raw("  ") }
  }

  mutating func value(_ value: MetadataValue) {
    switch value {
    case .null: raw("null")
    case .bool(let flag): if flag { raw("true") } else { raw("false") }
    case .int(let number): int(number)
    case .double(let number): double(number)
    case .string(let text): string(text)
    case .bytes(let data): tag("$bytes", Data(data).base64EncodedString())
    case .date(let nanoseconds): tag("$date", Timestamp.text(nanoseconds))
    case .list(let elements): list(elements)
    case .map(let members): map(members)
    }
  }

  private mutating func tag(_ name: String, _ text: String) {
    raw("{")
    string(name)
    raw(isIndented ? ": " : ":")
    string(text)
    raw("}")
  }

  private mutating func double(_ number: Double) {
    guard number.isFinite, number.rounded(.towardZero) != number else {
      return tag("$double", "\(number)")
    }
    bytes += "\(number)".utf8
  }

  private mutating func list(_ elements: [MetadataValue]) {
    bytes.append(UInt8(ascii: "["))
    depth += 1
    var isFirst = true
    for element in elements {
      separate(&isFirst)
      value(element)
    }
    depth -= 1
    if !isFirst { breakLine() }
    bytes.append(UInt8(ascii: "]"))
  }

  private mutating func map(_ members: [String: MetadataValue]) {
    guard members.keys.contains(where: { $0.utf8.first == UInt8(ascii: "$") }) else {
      return plainMap(members)
    }
    object { writer, isFirst in
      writer.member("$map", &isFirst)
      writer.plainMap(members)
    }
  }

  private mutating func plainMap(_ members: [String: MetadataValue]) {
    object { writer, isFirst in
      for (name, value) in members.sorted(by: { $0.key < $1.key }) {
        writer.member(name, &isFirst)
        writer.value(value)
      }
    }
  }
}
