import FoundationEssentials
import PluginSDK

/// Decodes one value.
struct ValueDecoder: Decoder, SingleValueDecodingContainer {
  private let value: Value
  let codingPath: [any CodingKey]

  var userInfo: [CodingUserInfoKey: Any] { [:] }

  init(_ value: Value, _ path: [any CodingKey]) {
    self.value = value
    codingPath = path
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard case .map(let members) = value else { throw mismatch([String: Value].self, "a map") }
    return KeyedDecodingContainer(MapDecoder(members, codingPath))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard case .list(let elements) = value else { throw mismatch([Value].self, "a list") }
    return ListDecoder(elements, codingPath)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer { self }

  /// Decodes anything; see `ValueEncoder.put`.
  func content<Content: Decodable>(_ type: Content.Type) throws -> Content {
    let found: Any? =
      switch (ObjectIdentifier(type), value) {
      case (ObjectIdentifier(Date.self), .date(let nanoseconds)): Moment.date(of: nanoseconds)
      case (ObjectIdentifier(Data.self), .bytes(let bytes)): Data(bytes)
      case (ObjectIdentifier([UInt8].self), .bytes(let bytes)): bytes
      case (ObjectIdentifier(Date.self), _): throw mismatch(type, "a date")
      case (ObjectIdentifier(Data.self), _): throw mismatch(type, "bytes")
      default: nil
      }
    // Without the first question, nothing would pass for a `Content` that is an optional.
    if let found, let own = found as? Content { return own }
    return try Content(from: self)
  }

  private func mismatch(_ type: Any.Type, _ wanted: String) -> DecodingError {
    CodingFailure.mismatch(type, wanted, value, codingPath)
  }

  /// An integer, or a number that is one.
  private func integer<Number: FixedWidthInteger>(_ type: Number.Type) throws -> Number {
    switch value {
    case .int(let number):
      guard let own = Number(exactly: number) else { break }
      return own
    case .double(let number):
      guard let own = Number(exactly: number) else { break }
      return own
    default: throw mismatch(type, "an integer")
    }
    throw mismatch(type, "an integer of \(Number.min)…\(Number.max)")
  }

  func decodeNil() -> Bool { value == .null }

  func decode(_ type: Bool.Type) throws -> Bool {
    guard case .bool(let flag) = value else { throw mismatch(type, "true or false") }
    return flag
  }

  func decode(_ type: String.Type) throws -> String {
    guard case .string(let text) = value else { throw mismatch(type, "a string") }
    return text
  }

  func decode(_ type: Double.Type) throws -> Double {
    switch value {
    case .double(let number): return number
    case .int(let number):
      guard let own = Double(exactly: number) else {
        throw mismatch(type, "a number that a Double has exactly")
      }
      return own
    default: throw mismatch(type, "a number")
    }
  }

  func decode(_ type: Float.Type) throws -> Float { Float(try decode(Double.self)) }
  func decode(_ type: Int.Type) throws -> Int { try integer(type) }
  func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
  func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
  func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
  func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
  func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
  func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
  func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
  func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
  func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }
  func decode<Content: Decodable>(_ type: Content.Type) throws -> Content { try content(type) }
}

/// Decodes the members of a map.
private struct MapDecoder<Key: CodingKey>: KeyedDecodingContainerProtocol {
  private let members: [String: Value]
  let codingPath: [any CodingKey]

  init(_ members: [String: Value], _ path: [any CodingKey]) {
    self.members = members
    codingPath = path
  }

  var allKeys: [Key] { members.keys.compactMap { Key(stringValue: $0) } }

  func contains(_ key: Key) -> Bool { members[key.stringValue] != nil }

  private func member(_ key: some CodingKey) throws -> ValueDecoder {
    guard let value = members[key.stringValue] else {
      throw DecodingError.keyNotFound(
        key, DecodingError.Context(codingPath: codingPath, debugDescription: "is missing"))
    }
    return ValueDecoder(value, codingPath + [key])
  }

  func decodeNil(forKey key: Key) throws -> Bool { try member(key).decodeNil() }

  func decode<Content: Decodable>(_ type: Content.Type, forKey key: Key) throws -> Content {
    try member(key).content(type)
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> { try member(key).container(keyedBy: type) }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try member(key).unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder { try member(Name("super")) }

  func superDecoder(forKey key: Key) throws -> any Decoder { try member(key) }
}

/// Decodes the elements of a list.
private struct ListDecoder: UnkeyedDecodingContainer {
  private let elements: [Value]
  let codingPath: [any CodingKey]
  private(set) var currentIndex = 0

  init(_ elements: [Value], _ path: [any CodingKey]) {
    self.elements = elements
    codingPath = path
  }

  var count: Int? { elements.count }
  var isAtEnd: Bool { currentIndex >= elements.count }

  private func here() throws -> ValueDecoder {
    guard !isAtEnd else {
      throw DecodingError.valueNotFound(
        Value.self,
        DecodingError.Context(
          codingPath: codingPath + [Place(currentIndex)], debugDescription: "is missing"))
    }
    return ValueDecoder(elements[currentIndex], codingPath + [Place(currentIndex)])
  }

  mutating func decodeNil() throws -> Bool {
    let isNil = try here().decodeNil()
    if isNil { currentIndex += 1 }
    return isNil
  }

  mutating func decode<Content: Decodable>(_ type: Content.Type) throws -> Content {
    let content = try here().content(type)
    currentIndex += 1
    return content
  }

  mutating func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) throws -> KeyedDecodingContainer<Nested> {
    let container = try here().container(keyedBy: type)
    currentIndex += 1
    return container
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    let container = try here().unkeyedContainer()
    currentIndex += 1
    return container
  }

  mutating func superDecoder() throws -> any Decoder {
    let decoder = try here()
    currentIndex += 1
    return decoder
  }
}
