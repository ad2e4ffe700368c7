/// Reads numbers and texts from bytes that may be too few.
struct ByteReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) {
    rest = bytes
  }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func byte() -> UInt8? { rest.popFirst() }

  mutating func number32() -> UInt32? { number() }

  mutating func number64() -> UInt64? { number() }

  /// Bytes behind their length.
  mutating func bytes() -> ArraySlice<UInt8>? {
    guard let count = number32(), count <= rest.count else { return nil }
    defer { rest = rest.dropFirst(Int(count)) }
    return rest.prefix(Int(count))
  }

  /// A text behind its length; bytes that are not UTF-8 are replaced.
  mutating func text() -> String? {
    bytes().map { String(decoding: $0, as: UTF8.self) }
  }

  private mutating func number<Number: FixedWidthInteger & UnsignedInteger>() -> Number? {
    let count = Number.bitWidth / 8
    guard rest.count >= count else { return nil }
    var value: Number = 0
    for (index, byte) in rest.prefix(count).enumerated() {
      value |= Number(byte) << Number(index * 8)
    }
    rest = rest.dropFirst(count)
    return value
  }
}
