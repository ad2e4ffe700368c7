import HostSupport

@testable import MetadataStore

/// Random schemas, small changes of them, and random values near what they allow.
struct SchemaGenerator {
  var random: SeededRandom

  mutating func schema(_ depth: Int) -> JSON {
    var members: [String: JSON] = [:]
    if chance(8) { return .bool(chance(2)) }
    if depth > 0, chance(2) {
      members["type"] = .string("object")
    } else if !chance(4) {
      members["type"] = types()
    }
    if chance(5) { members["enum"] = .array((0..<roll(1...3)).map { _ in json(depth - 1) }) }
    for name in ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"] where chance(5) {
      members[name] = chance(4) ? .object(["$date": .int(Int64(roll(-2...4)))]) : number()
    }
    for name in ["minLength", "maxLength", "minItems", "maxItems"] where chance(5) {
      members[name] = .int(Int64(roll(0...3)))
    }
    if chance(6) { members["pattern"] = .string(["^a", "b", "^a?b*$"][roll(0...2)]) }
    guard depth > 0 else { return .object(members) }
    if chance(3) { members["items"] = schema(depth - 1) }
    if chance(2) {
      var properties: [String: JSON] = [:]
      for name in ["p", "q", "r"] where chance(2) { properties[name] = withDefault(depth - 1) }
      members["properties"] = .object(properties)
      members["required"] = .array(["p", "q", "r"].filter { _ in chance(3) }.map { .string($0) })
    }
    if chance(3) { members["additionalProperties"] = chance(2) ? .bool(false) : schema(depth - 1) }
    return .object(members)
  }

  /// Mostly one that has a default that fits it.
  private mutating func withDefault(_ depth: Int) -> JSON {
    let json = schema(depth)
    guard case .object(var members) = json, !chance(3) else { return json }
    for _ in 0..<20 {
      members["default"] = self.json(depth)
      if (try? ValueSchema(.object(members))) != nil { return .object(members) }
    }
    return json
  }

  /// The schema with one part of it made anew or taken out, often a small one.
  mutating func changed(_ json: JSON, _ depth: Int) -> JSON {
    guard case .object(var members) = json,
      let name = members.keys.sorted().randomElement(using: &random)
    else { return schema(depth) }
    if chance(3), depth > 0, case .object(var properties)? = members["properties"],
      case .array(let required)? = members["required"]
    {
      properties["s"] = withDefault(0)
      members["properties"] = .object(properties)
      members["required"] = .array(required + [.string("s")])
      return .object(members)
    }
    switch (name, members[name]) {
    case ("properties", .object(var properties)?):
      if let inner = properties.keys.sorted().randomElement(using: &random), chance(2) {
        properties[inner] = changed(properties[inner] ?? .bool(true), max(0, depth - 1))
      } else {
        properties[["p", "q", "r", "s"][roll(0...3)]] = withDefault(max(0, depth - 1))
      }
      members[name] = .object(properties)
    case ("items", let items?) where chance(2): members[name] = changed(items, max(0, depth - 1))
    case ("required", .array(var names)?) where chance(2):
      names.append(.string(["p", "q", "s"][roll(0...2)]))
      members[name] = .array(names)
    case ("enum", .array(var choices)?) where chance(2):
      choices.append(self.json(0))
      members[name] = .array(choices)
    case ("minimum", let limit?) where chance(2):
      members[name] = nil
      members["exclusiveMinimum"] = limit
    case ("exclusiveMaximum", let limit?) where chance(2):
      members[name] = nil
      members["maximum"] = limit
    case ("maximum", let limit?) where chance(2):
      members[name] = nil
      members["exclusiveMaximum"] = limit
    case (_, .int(let number)?): members[name] = .int(max(0, number + Int64(roll(-1...1))))
    case ("type", _): members[name] = types()
    default: members[name] = nil
    }
    return .object(members)
  }

  mutating func json(_ depth: Int) -> JSON { value(depth).json }

  mutating func value(_ depth: Int) -> MetadataValue {
    switch roll(0...(depth > 0 ? 10 : 7)) {
    case 0: .null
    case 1: .bool(chance(2))
    case 2: .int(Int64(roll(-2...4)))
    case 3: .double(Double(roll(-4...8)) / 2)
    case 4, 5: .string(["", "a", "ab", "abb", "b", "ccc"][roll(0...5)])
    case 6: .bytes(Array(repeating: 1, count: roll(0...3)))
    case 7: .date(nanoseconds: Int64(roll(-2...4)))
    case 8: .list((0..<roll(0...3)).map { _ in value(depth - 1) })
    default:
      .map(
        Dictionary(
          ["p", "q", "r", "s"].filter { _ in chance(2) }.map { ($0, value(depth - 1)) },
          uniquingKeysWith: { first, _ in first }))
    }
  }

  private mutating func types() -> JSON {
    let names = [
      "object", "array", "string", "integer", "number", "boolean", "null", "bytes", "date",
    ]
    return .array((0..<roll(1...4)).map { _ in .string(names[roll(0...8)]) })
  }

  private mutating func number() -> JSON {
    chance(3) ? .double(Double(roll(-4...8)) / 2 + 0.25) : .int(Int64(roll(-2...4)))
  }

  mutating func roll(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
  mutating func chance(_ of: Int) -> Bool { roll(1...of) == 1 }
}
