import FoundationEssentials
public import HostSupport

extension MetadataValue {
  /// The value as JSON, without loss; `init(json:)` gives it back exactly.
  ///
  /// null, booleans, integers, text, lists and most maps are what they look like. What JSON cannot say is an object with one
  /// member whose name begins with `$`:
  ///
  /// - `{"$bytes": "aGk="}`: bytes in base64.
  /// - `{"$date": "2026-01-31T10:00:00.000000001Z"}`: a date.
  /// - `{"$double": "1.0"}`: a double that JSON would read back as an integer.
  /// - `{"$map": {"$bytes": 1}}`: a map of which a name begins with `$`.
  public var json: JSON {
    switch self {
    case .null: .null
    case .bool(let flag): .bool(flag)
    case .int(let number): .int(number)
    case .double(let number): Self.json(of: number)
    case .string(let text): .string(text)
    case .bytes(let bytes): .object(["$bytes": .string(Data(bytes).base64EncodedString())])
    case .date(let nanoseconds): .object(["$date": .string(Timestamp.text(nanoseconds))])
    case .list(let elements): .array(elements.map(\.json))
    case .map(let members): Self.json(of: members)
    }
  }

  private static func json(of number: Double) -> JSON {
    if number.isFinite, number.rounded(.towardZero) != number { return .double(number) }
    return .object(["$double": .string("\(number)")])
  }

  private static func json(of members: [String: MetadataValue]) -> JSON {
    let plain = JSON.object(members.mapValues(\.json))
    return members.keys.contains { $0.hasPrefix("$") } ? .object(["$map": plain]) : plain
  }

  /// Reads a value from the JSON that `json` writes.
  ///
  /// - Parameter json: The JSON; `{"$date": 5}` in nanoseconds is taken too.
  /// - Throws: `MetadataError.invalid` that names the member that is wrong, or `.tooLarge` beyond 32 levels.
  public init(json: JSON) throws(MetadataError) {
    try self.init(json: json, depth: 1)
  }

  private init(json: JSON, depth: Int) throws(MetadataError) {
    guard depth <= Self.maximumDepth else { throw .tooDeep }
    switch json {
    case .null: self = .null
    case .bool(let flag): self = .bool(flag)
    case .int(let number): self = .int(number)
    case .double(let number): self = .double(number)
    case .string(let text): self = .string(text)
    case .array(let elements):
      var values: [MetadataValue] = []
      values.reserveCapacity(elements.count)
      for element in elements { values.append(try Self(json: element, depth: depth + 1)) }
      self = .list(values)
    case .object(let members):
      if let name = members.keys.first(where: { $0.hasPrefix("$") }) {
        try self.init(tag: name, of: members, depth: depth)
      } else {
        self = .map(try Self.map(members, depth: depth))
      }
    }
  }

  private static func map(
    _ members: [String: JSON], depth: Int
  ) throws(MetadataError) -> [String: MetadataValue] {
    var values: [String: MetadataValue] = [:]
    values.reserveCapacity(members.count)
    for (name, member) in members { values[name] = try Self(json: member, depth: depth + 1) }
    return values
  }

  private init(
    tag: String, of members: [String: JSON], depth: Int
  ) throws(MetadataError) {
    guard members.count == 1, let content = members[tag] else {
      throw .invalid(
        "an object with the member \(tag) has others too; put such a map in {\"$map\": …}")
    }
    switch (tag, content) {
    case ("$bytes", .string(let text)):
      guard let data = Data(base64Encoded: text) else { throw .invalid("$bytes is not base64") }
      self = .bytes([UInt8](data))
    case ("$date", .string(let text)):
      guard let nanoseconds = Timestamp.nanoseconds(text) else {
        throw .invalid("$date is not like 2026-01-31T10:00:00.000000001Z: \(text)")
      }
      self = .date(nanoseconds: nanoseconds)
    case ("$date", .int(let nanoseconds)): self = .date(nanoseconds: nanoseconds)
    case ("$double", .string(let text)):
      guard let number = Double(text) else { throw .invalid("$double is not a number: \(text)") }
      self = .double(number)
    case ("$map", .object(let inner)): self = .map(try Self.map(inner, depth: depth))
    default:
      throw .invalid(
        "\(tag) is none of $bytes, $date, $double and $map, or its content has the wrong type; "
          + "put a map with such a name in {\"$map\": …}")
    }
  }
}
