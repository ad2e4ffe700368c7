/// What the data of events fit, as JSON Schema: written by hand, or put together from parts.
///
/// ```swift
/// let order: EventSchema = .object(["id": .string, "lines": .array(of: .object(["size": .whole]))], optional: ["note": .string])
/// let named: EventSchema = #"{"type": "object", "required": ["id"]}"#
/// ```
///
/// It is not read before it is declared; then the host refuses keywords that it would not keep.
public struct EventSchema: Sendable, Equatable, ExpressibleByStringLiteral {
  /// The schema as JSON text.
  public let text: String

  /// Takes JSON text.
  public init(_ text: String) { self.text = text }

  /// Takes JSON text.
  public init(stringLiteral text: String) { self.text = text }

  /// Anything.
  public static let anything: EventSchema = "true"
  /// Text.
  public static let string: EventSchema = #"{"type":"string"}"#
  /// A number without a fraction.
  public static let whole: EventSchema = #"{"type":"integer"}"#
  /// Any number.
  public static let number: EventSchema = #"{"type":"number"}"#
  /// `true` or `false`.
  public static let boolean: EventSchema = #"{"type":"boolean"}"#

  /// One of some texts, as an enumeration of strings is written.
  public static func oneOf(_ names: [String]) -> EventSchema {
    EventSchema(#"{"enum":[\#(names.map(quoted).joined(separator: ","))]}"#)
  }

  /// An array whose elements fit another schema.
  public static func array(of element: EventSchema) -> EventSchema {
    EventSchema(#"{"type":"array","items":\#(element.text)}"#)
  }

  /// An object. Members beside those that are named are allowed.
  ///
  /// - Parameters:
  ///   - members: Members that it must have.
  ///   - optional: Members that may be missing.
  /// - Returns: The schema.
  public static func object(
    _ members: [String: EventSchema], optional: [String: EventSchema] = [:]
  ) -> EventSchema {
    let all = members.merging(optional) { required, _ in required }
    let properties = all.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\($0.value.text)" }
    let required = members.keys.sorted().map(quoted)
    return EventSchema(
      #"{"type":"object","required":[\#(required.joined(separator: ","))],"#
        + #""properties":{\#(properties.joined(separator: ","))}}"#)
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
