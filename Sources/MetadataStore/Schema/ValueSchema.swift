public import HostSupport

/// A schema that the values of a collection are held against: the bus's part of JSON Schema, over the types of the store.
///
/// Keywords: `type`, `enum`, `const`, `properties`, `required` (at most 64 names), `additionalProperties`, `items`, `minItems`,
/// `maxItems`, `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`, `minLength`, `maxLength` (text in Unicode scalars,
/// bytes in bytes), `pattern` (as on the bus), `default` (filled in where a map lacks the member), and the bus's words for people.
///
/// Types: `boolean`, `integer` (int64), `number` (double, or int64), `string`, `bytes`, `date`, `array` (list), `object` (map), `null`.
/// What JSON cannot say stands in the store's lossless form: `{"minimum": {"$date": "2026-01-31T00:00:00Z"}}`. Members of
/// `enum` are equal by kind and content: `1` is not `{"$double": "1.0"}`.
///
/// Threading: any thread.
public struct ValueSchema: Sendable, Equatable {
  /// A place at which a value does not fit.
  public typealias Violation = JSONSchema.Violation

  /// The largest default in bytes, with what is filled into it.
  public static let maximumDefault = 65_536

  /// The schema as it was given.
  public let json: JSON
  let rules: [ValueRule]

  /// Checks and takes a schema.
  ///
  /// - Parameter json: An object, or a boolean.
  /// - Throws: The first keyword that is wrong or not supported, or a default that does not fit.
  public init(_ json: JSON) throws(JSONSchema.Refusal) {
    self.json = json
    let nodes = try JSONSchema(json, for: .records).nodes
    rules = try DefaultFilling.rules(
      nodes.map { node throws(JSONSchema.Refusal) in try ValueKeywords(node) })
  }

  /// The schema that every value fits.
  static let anything = ValueSchema()

  private init() {
    json = .bool(true)
    rules = [ValueRule(ValueKeywords(), fallback: nil, fills: false)]
  }

  /// Whether a value fits, in time in proportion to its size.
  public func fits(_ value: MetadataValue) -> Bool { violation(in: value) == nil }

  /// Whether a value fits, and lacks nothing that there is a default for.
  func fitsAsIs(_ value: PackedView) -> Bool {
    var check = ValueCheck(rules, most: 0)
    return check.fits(value) && !check.lacksDefault
  }

  /// Every place at which a value does not fit, in a fixed order.
  ///
  /// - Parameters:
  ///   - value: Any value.
  ///   - most: How many to tell, 1 or more.
  /// - Returns: None when the value fits. A value that cannot be recorded does not fit.
  public func violations(in value: MetadataValue, atMost most: Int = 100) -> [Violation] {
    let packed = PackedValue(value)
    guard packed.refusal == nil else {
      return [
        Violation(
          pointer: "",
          reason: "is nested too deep, too large, or has a number that is not finite")
      ]
    }
    return packed.withView { violations(in: $0, atMost: most) }
  }

  /// The same of a value where it lies.
  func violations(in value: PackedView, atMost most: Int) -> [Violation] {
    var check = ValueCheck(rules, most: 0)
    // Most values fit: words are made for those only that do not.
    if check.fits(value) { return [] }
    check = ValueCheck(rules, most: max(1, most))
    _ = check.fits(value)
    return check.violations
  }

  /// The first place at which a value does not fit; `nil` when all of it fits.
  public func violation(in value: MetadataValue) -> Violation? {
    violations(in: value, atMost: 1).first
  }

  /// The value with what its maps lack and the schema has a default for, at every depth.
  ///
  /// - Returns: `nil` when nothing is lacking.
  /// - Throws: `.tooLarge` when more than a value may have would be filled in.
  public func filling(_ value: MetadataValue) throws(MetadataError) -> MetadataValue? {
    var filling = DefaultFilling(rules, most: MetadataValue.maximumSize)
    return try filling.filled(0, value)
  }

  /// Whether two schemas are the same JSON.
  public static func == (left: ValueSchema, right: ValueSchema) -> Bool { left.json == right.json }
}
