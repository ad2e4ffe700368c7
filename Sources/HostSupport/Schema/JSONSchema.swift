/// A schema that JSON is held against: a part of JSON Schema (draft 2020-12) that is checked in one pass over the bytes.
///
/// Keywords: `type`, `enum`, `const`, `properties`, `required` (at most 64 names), `additionalProperties`, `items`, `minItems`,
/// `maxItems`, `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`, `minLength`, `maxLength` (in Unicode scalars),
/// `pattern` (POSIX extended, unanchored; text with a zero in it matches none), `allOf`, `anyOf`, `oneOf`, `$defs`, and `$ref` to a
/// place in the same schema. `title`, `description`, `default`, `examples`, `deprecated`, `readOnly`, `writeOnly`, `$schema`, `$id`,
/// `$comment` and names that begin with `x-` are for people. Every other keyword is refused, since it would not be kept.
public struct JSONSchema: Sendable, Equatable {
  /// Why a schema was not taken.
  public struct Refusal: Error, Equatable, CustomStringConvertible {
    /// Where in the schema, as a JSON pointer (RFC 6901); empty for the schema as a whole.
    public let place: String
    /// What is wrong there, and what to do.
    public let reason: String

    package init(place: String, reason: String) {
      self.place = place
      self.reason = reason
    }

    /// The whole in one line.
    public var description: String { "schema\(place.isEmpty ? "" : " at \(place)"): \(reason)" }
  }

  /// The first place at which a value does not fit.
  public struct Violation: Error, Equatable, CustomStringConvertible {
    /// Where in the value, as a JSON pointer (RFC 6901); empty for the value as a whole.
    public let pointer: String
    /// What is allowed there and what was found.
    public let reason: String

    package init(pointer: String, reason: String) {
      self.pointer = pointer
      self.reason = reason
    }

    /// The whole in one line.
    public var description: String { pointer.isEmpty ? "it \(reason)" : "\(pointer) \(reason)" }
  }

  /// Schemas within a schema, itself included.
  public static let mostNodes = 1_024
  /// Levels that a value which fits may be nested.
  public static let deepest = 64

  /// The schema as it was given.
  public let json: JSON
  package let nodes: [SchemaNode]

  /// What a schema is for.
  package enum Dialect: Sendable {
    /// For JSON.
    case json
    /// For records: bytes and dates are types too, defaults count, and there are no combinations of schemas.
    case records
  }

  /// Checks and takes a schema.
  ///
  /// - Parameter json: An object, or a boolean.
  /// - Throws: `Refusal` with the first keyword that is wrong or not supported.
  public init(_ json: JSON) throws(Refusal) {
    try self.init(json, for: .json)
  }

  /// The same in a dialect.
  package init(_ json: JSON, for dialect: Dialect) throws(Refusal) {
    self.json = json
    nodes = try SchemaReader.nodes(of: json, dialect)
  }

  /// Reads a schema from JSON text.
  ///
  /// - Parameter text: UTF-8.
  /// - Throws: `Refusal`.
  public init(parsing text: some Collection<UInt8>) throws(Refusal) {
    let json: JSON
    do throws(JSONError) {
      json = try JSON(parsing: text)
    } catch {
      throw Refusal(place: "", reason: "\(error)")
    }
    try self.init(json)
  }

  /// Holds JSON text against the schema, in time in proportion to its length.
  ///
  /// - Parameter text: Any bytes.
  /// - Returns: The first place that does not fit, or at which the text is no JSON; `nil` when all of it fits.
  public func violation(in text: Span<UInt8>) -> Violation? {
    var check = SchemaCheck(self)
    do throws(Violation) {
      try check.run(text)
    } catch {
      return error
    }
    return nil
  }

  /// Holds a value against the schema.
  ///
  /// - Parameter value: Any value; numbers that are not finite count as null.
  /// - Returns: The first place that does not fit; `nil` when all of it fits.
  public func violation(in value: JSON) -> Violation? {
    violation(in: Array(value.text().utf8).span)
  }

  /// Whether two schemas are the same JSON.
  public static func == (left: JSONSchema, right: JSONSchema) -> Bool { left.json == right.json }
}
