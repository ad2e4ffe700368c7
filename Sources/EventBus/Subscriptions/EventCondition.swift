import HostSupport

/// One condition of a subscription on an event, evaluated by the host before the handler is called.
public struct EventCondition: Sendable, Equatable, CustomStringConvertible {
  /// What is done with the field.
  public enum Test: UInt32, Sendable, CaseIterable {
    /// The field is the value.
    case equal
    /// The field is another value, or missing.
    case notEqual
    /// The field begins with the value.
    case prefix
    /// The field ends with the value.
    case suffix
    /// The field contains the value.
    case contains
    /// The field is there.
    case exists
    /// The field is less than the value: by number where both are numbers, else by bytes.
    case less
    /// The field is greater than the value: by number where both are numbers, else by bytes.
    case greater
  }

  /// What is looked at.
  public let field: EventField
  /// What is done with it.
  public let test: Test
  /// What it is compared with.
  public let value: String
  private let scalar: JSON?

  /// Describes a condition.
  ///
  /// - Parameters:
  ///   - field: What is looked at.
  ///   - test: What is done with it.
  ///   - value: Text; for a place in JSON data also a scalar: `3`, `true`, `null`.
  public init(_ field: EventField, _ test: Test, _ value: String = "") {
    self.field = field
    self.test = test
    self.value = value
    scalar = try? JSON(parsing: value.utf8)
  }

  /// The condition in one line: `subject prefix "a"`.
  public var description: String { "\(field) \(test) \"\(value)\"" }

  /// Whether the condition holds for an event.
  ///
  /// - Parameters:
  ///   - event: Borrowed.
  ///   - layout: Reads the event.
  /// - Returns: Whether the field passes the test; one that is missing passes `notEqual` only.
  public func holds(for event: UnsafeMutableRawPointer?, _ layout: EventLayout) -> Bool {
    switch field {
    case .attribute(let attribute):
      unsafe layout.withAttribute(attribute, of: event) { bytes in
        guard let bytes = unsafe bytes else { return test == .notEqual }
        return unsafe holds(text: bytes)
      }
    case .data(let pointer, _):
      unsafe layout.withAttribute(.data, of: event) { bytes in
        guard let bytes = unsafe bytes, let json = unsafe try? JSON(parsing: Array(bytes)),
          let found = pointer.value(in: json)
        else { return test == .notEqual }
        return holds(json: found)
      }
    }
  }

  private func holds(text: UnsafeRawBufferPointer) -> Bool {
    var value = value
    return value.withUTF8 { value in
      switch test {
      case .equal: return unsafe text.elementsEqual(value)
      case .notEqual: return unsafe !text.elementsEqual(value)
      case .prefix: return unsafe text.starts(with: value)
      case .suffix: return unsafe text.suffix(value.count).elementsEqual(value)
      case .contains: return unsafe Self.find(value, in: text)
      case .exists: return true
      case .less: return unsafe text.lexicographicallyPrecedes(value)
      case .greater: return unsafe value.lexicographicallyPrecedes(text)
      }
    }
  }

  private static func find(
    _ needle: UnsafeBufferPointer<UInt8>, in text: UnsafeRawBufferPointer
  ) -> Bool {
    guard needle.count <= text.count else { return false }
    return (0...(text.count - needle.count)).contains { start in
      unsafe text[start..<(start + needle.count)].elementsEqual(needle)
    }
  }

  private func holds(json: JSON) -> Bool {
    if case .string(var text) = json {
      return text.withUTF8 { unsafe holds(text: UnsafeRawBufferPointer($0)) }
    }
    switch test {
    case .equal: return json == scalar || Self.order(json, scalar) == .some(0)
    case .notEqual: return !(json == scalar || Self.order(json, scalar) == .some(0))
    case .exists: return true
    case .less: return Self.order(json, scalar).map { $0 < 0 } ?? false
    case .greater: return Self.order(json, scalar).map { $0 > 0 } ?? false
    case .prefix, .suffix, .contains: return false
    }
  }

  /// -1, 0 or 1 where both are numbers.
  private static func order(_ left: JSON, _ right: JSON?) -> Int? {
    guard let right else { return nil }
    if let left = left.int, let right = right.int {
      return left < right ? -1 : left > right ? 1 : 0
    }
    guard let left = left.double, let right = right.double else { return nil }
    return left < right ? -1 : left > right ? 1 : left == right ? 0 : nil
  }
}
