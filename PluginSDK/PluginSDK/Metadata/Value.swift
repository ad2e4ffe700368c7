/// A value of the metadata store, nested at most 32 deep and of at most 1 MiB in all.
public enum Value: Sendable, Equatable {
  /// Nothing.
  case null
  /// True or false.
  case bool(Bool)
  /// An integer of 64 bits.
  case int(Int64)
  /// A finite number.
  case double(Double)
  /// Text.
  case string(String)
  /// Bytes.
  case bytes([UInt8])
  /// Nanoseconds since 1970-01-01 UTC.
  case date(nanoseconds: Int64)
  /// Values in order.
  case list([Value])
  /// Values by name.
  case map([String: Value])

  /// The member of a map, or `nil` when this is no map or has no such member.
  public subscript(name: String) -> Value? {
    guard case .map(let members) = self else { return nil }
    return members[name]
  }

  /// The integer, else `nil`.
  public var int: Int64? {
    guard case .int(let number) = self else { return nil }
    return number
  }

  /// The text, else `nil`.
  public var string: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }
}

extension Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  /// Text.
  public init(stringLiteral value: String) { self = .string(value) }
  /// An integer.
  public init(integerLiteral value: Int64) { self = .int(value) }
  /// A number.
  public init(floatLiteral value: Double) { self = .double(value) }
  /// True or false.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// A list.
  public init(arrayLiteral elements: Value...) { self = .list(elements) }
  /// A map; the last of equal names counts.
  public init(dictionaryLiteral elements: (String, Value)...) {
    self = .map(Dictionary(elements) { _, last in last })
  }
}
