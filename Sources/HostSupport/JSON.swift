import FoundationEssentials

/// A JSON value whose integers of 64 bits stay exact.
public enum JSON: Sendable, Hashable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A number that is an integer of 64 bits.
  case int(Int64)
  /// Any other number.
  case double(Double)
  /// A string.
  case string(String)
  /// An array.
  case array([JSON])
  /// An object. Order is not kept; output is sorted by name.
  case object([String: JSON])

  /// Parses JSON text.
  ///
  /// - Parameters:
  ///   - bytes: UTF-8.
  ///   - json5: Whether comments, trailing commas and unquoted names are allowed.
  /// - Throws: `JSONError` with line and column of the first error.
  public init(parsing bytes: some Collection<UInt8>, json5: Bool = false) throws(JSONError) {
    let decoder = JSONDecoder()
    decoder.allowsJSON5 = json5
    do {
      self = try decoder.decode(JSON.self, from: Data(bytes))
    } catch {
      guard let fault = JSONScanner.fault(in: Array(bytes), json5: json5) else {
        throw JSONError(reason: JSON.words(of: error))
      }
      throw JSONError(reason: "\(fault)")
    }
  }

  /// What the decoder says of what the scanner takes no offence at.
  private static func words(of error: any Error) -> String {
    if case DecodingError.dataCorrupted(let context) = error {
      return context.underlyingError.map { "\($0)" } ?? context.debugDescription
    }
    return "\(error)"
  }

  /// The value as JSON text in one line (or indented), names sorted.
  ///
  /// - Parameter pretty: Whether to indent by two spaces.
  /// - Returns: UTF-8 without a final newline. A number that is not finite becomes `null`.
  public func text(pretty: Bool = false) -> String {
    guard pretty else { return compactText }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    guard let data = try? encoder.encode(self) else { return "null" }
    return String(decoding: data, as: UTF8.self)
  }

  /// The value of a member, or `nil` when this is no object or has no such member.
  public subscript(name: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members[name]
  }

  /// The text of a string, else `nil`.
  public var string: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  /// The value of an integer, else `nil`.
  public var int: Int64? {
    guard case .int(let number) = self else { return nil }
    return number
  }

  /// The value of any number, else `nil`.
  public var double: Double? {
    switch self {
    case .int(let number): Double(number)
    case .double(let number): number
    default: nil
    }
  }

  /// The value of a boolean, else `nil`.
  public var bool: Bool? {
    guard case .bool(let flag) = self else { return nil }
    return flag
  }

  /// The elements of an array, else `nil`.
  public var array: [JSON]? {
    guard case .array(let elements) = self else { return nil }
    return elements
  }

  /// The members of an object, else `nil`.
  public var object: [String: JSON]? {
    guard case .object(let members) = self else { return nil }
    return members
  }
}

/// Text that is not JSON.
public struct JSONError: Error, Equatable, CustomStringConvertible {
  /// Where and why parsing stopped.
  public let reason: String

  /// The whole error in one line.
  public var description: String { "not valid JSON: \(reason)" }
}

extension JSON: Codable {
  /// Reads any JSON value from a decoder.
  public init(from decoder: any Decoder) throws {
    if let container = try? decoder.container(keyedBy: Name.self) {
      var members: [String: JSON] = [:]
      for key in container.allKeys {
        members[key.stringValue] = try container.decode(JSON.self, forKey: key)
      }
      self = .object(members)
      return
    }
    if var container = try? decoder.unkeyedContainer() {
      var elements: [JSON] = []
      while !container.isAtEnd { elements.append(try container.decode(JSON.self)) }
      self = .array(elements)
      return
    }
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let flag = try? container.decode(Bool.self) {
      self = .bool(flag)
    } else if let number = try? container.decode(Int64.self) {
      self = .int(number)
    } else if let number = try? container.decode(Double.self) {
      self = .double(number)
    } else {
      self = .string(try container.decode(String.self))
    }
  }

  /// Writes the value to an encoder.
  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .object(let members):
      var container = encoder.container(keyedBy: Name.self)
      for (name, value) in members { try container.encode(value, forKey: Name(stringValue: name)) }
    case .array(let elements):
      var container = encoder.unkeyedContainer()
      for element in elements { try container.encode(element) }
    default:
      var container = encoder.singleValueContainer()
      try encodeScalar(to: &container)
    }
  }

  private func encodeScalar(to container: inout any SingleValueEncodingContainer) throws {
    switch self {
    case .bool(let flag): try container.encode(flag)
    case .int(let number): try container.encode(number)
    case .double(let number) where number.isFinite: try container.encode(number)
    case .string(let text): try container.encode(text)
    default: try container.encodeNil()
    }
  }

  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}
