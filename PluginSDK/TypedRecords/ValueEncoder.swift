import FoundationEssentials
import PluginSDK

/// Encodes into one place.
struct ValueEncoder: Encoder, SingleValueEncodingContainer {
  private let slot: Slot
  let codingPath: [any CodingKey]

  var userInfo: [CodingUserInfoKey: Any] { [:] }

  init(_ slot: Slot, _ path: [any CodingKey]) {
    self.slot = slot
    codingPath = path
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    slot.beginMap()
    return KeyedEncodingContainer(MapEncoder(slot, codingPath))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer { ListEncoder(slot, codingPath) }

  func singleValueContainer() -> any SingleValueEncodingContainer { self }

  /// Encodes anything: what the store has a kind for as that, the rest as it encodes itself.
  func put<Content: Encodable>(_ content: Content) throws {
    switch content {
    case let date as Date:
      guard let nanoseconds = Moment.nanoseconds(of: date) else {
        throw CodingFailure.unfit(
          date, "is a date beyond what the store has: 1677 to 2262", codingPath)
      }
      slot.put(.date(nanoseconds: nanoseconds))
    case let data as Data: slot.put(.bytes([UInt8](data)))
    default:
      // An empty array of anything is one of bytes to a cast.
      if Content.self == [UInt8].self, let bytes = content as? [UInt8] {
        slot.put(.bytes(bytes))
      } else {
        try content.encode(to: self)
      }
    }
  }

  func encodeNil() { slot.put(.null) }
  func encode(_ value: Bool) { slot.put(.bool(value)) }
  func encode(_ value: String) { slot.put(.string(value)) }
  func encode(_ value: Double) throws {
    guard value.isFinite else { throw CodingFailure.unfit(value, "is \(value)", codingPath) }
    slot.put(.double(value))
  }
  func encode(_ value: Float) throws { try encode(Double(value)) }
  func encode(_ value: Int) { slot.put(.int(Int64(value))) }
  func encode(_ value: Int8) { slot.put(.int(Int64(value))) }
  func encode(_ value: Int16) { slot.put(.int(Int64(value))) }
  func encode(_ value: Int32) { slot.put(.int(Int64(value))) }
  func encode(_ value: Int64) { slot.put(.int(value)) }
  func encode(_ value: UInt8) { slot.put(.int(Int64(value))) }
  func encode(_ value: UInt16) { slot.put(.int(Int64(value))) }
  func encode(_ value: UInt32) { slot.put(.int(Int64(value))) }
  func encode(_ value: UInt) throws { try encode(UInt64(value)) }
  func encode(_ value: UInt64) throws {
    guard let number = Int64(exactly: value) else {
      throw CodingFailure.unfit(
        value, "is \(value), beyond an integer of 64 bits with sign", codingPath)
    }
    slot.put(.int(number))
  }
  func encode<Content: Encodable>(_ value: Content) throws { try put(value) }
}

/// Encodes the members of a map.
private struct MapEncoder<Key: CodingKey>: KeyedEncodingContainerProtocol {
  private let slot: Slot
  let codingPath: [any CodingKey]

  init(_ slot: Slot, _ path: [any CodingKey]) {
    self.slot = slot
    codingPath = path
  }

  private func member(_ key: some CodingKey) -> ValueEncoder {
    ValueEncoder(slot.member(key.stringValue), codingPath + [key])
  }

  func encodeNil(forKey key: Key) { member(key).encodeNil() }

  func encode<Content: Encodable>(_ value: Content, forKey key: Key) throws {
    try member(key).put(value)
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) -> KeyedEncodingContainer<Nested> { member(key).container(keyedBy: type) }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    member(key).unkeyedContainer()
  }

  func superEncoder() -> any Encoder { member(Name("super")) }

  func superEncoder(forKey key: Key) -> any Encoder { member(key) }
}

/// Encodes the elements of a list.
private struct ListEncoder: UnkeyedEncodingContainer {
  private let slot: Slot
  let codingPath: [any CodingKey]
  private(set) var count: Int

  init(_ slot: Slot, _ path: [any CodingKey]) {
    self.slot = slot
    codingPath = path
    count = slot.beginList()
  }

  private mutating func next() -> ValueEncoder {
    defer { count += 1 }
    return ValueEncoder(slot.append(), codingPath + [Place(count)])
  }

  mutating func encodeNil() { next().encodeNil() }

  mutating func encode<Content: Encodable>(_ value: Content) throws { try next().put(value) }

  mutating func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) -> KeyedEncodingContainer<Nested> { next().container(keyedBy: type) }

  mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    next().unkeyedContainer()
  }

  mutating func superEncoder() -> any Encoder { next() }
}
