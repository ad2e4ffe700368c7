/// Reads a schema's keywords.
struct SchemaReader {
  typealias Refusal = JSONSchema.Refusal

  private static let remarks: Set<String> = [
    "$comment", "$id", "$schema", "default", "deprecated", "description", "examples", "readOnly",
    "title", "writeOnly",
  ]
  private static let deepest = 32

  private static let combinations: Set<String> = [
    "$defs", "$ref", "allOf", "anyOf", "definitions", "oneOf",
  ]

  private let root: JSON
  private let dialect: JSONSchema.Dialect
  private var nodes: [SchemaNode?] = []
  private var numbers: [String: Int] = [:]
  private var references: [(target: String, place: String)] = []

  private init(root: JSON, dialect: JSONSchema.Dialect) {
    self.root = root
    self.dialect = dialect
  }

  /// The levels of a schema; the first is the whole.
  static func nodes(
    of json: JSON, _ dialect: JSONSchema.Dialect
  ) throws(Refusal) -> [SchemaNode] {
    var reader = SchemaReader(root: json, dialect: dialect)
    _ = try reader.read(json, at: "", depth: 0)
    while let (target, place) = reader.references.popLast() {
      if reader.nodes[reader.numbers[target] ?? 0] != nil { continue }
      guard let pointer = JSONPointer(target), let found = pointer.value(in: json) else {
        throw Refusal(place: place, reason: "there is no \"#\(target)\" in this schema")
      }
      _ = try reader.read(found, at: target, depth: 0)
    }
    let nodes = reader.nodes.compactMap { $0 }
    try reader.checkCircles(nodes)
    return nodes
  }

  /// The number of the schema at a place, read or not.
  private mutating func number(of place: String) throws(Refusal) -> Int {
    if let number = numbers[place] { return number }
    guard nodes.count < JSONSchema.mostNodes else {
      throw Refusal(
        place: "", reason: "it has more than \(JSONSchema.mostNodes) schemas within it")
    }
    nodes.append(nil)
    numbers[place] = nodes.count - 1
    return nodes.count - 1
  }

  private mutating func read(_ json: JSON, at place: String, depth: Int) throws(Refusal) -> Int {
    let number = try number(of: place)
    if nodes[number] != nil { return number }
    guard depth < Self.deepest else {
      throw Refusal(place: place, reason: "schemas are nested more than \(Self.deepest) levels")
    }
    var rules = SchemaNode.Rules()
    switch json {
    case .bool(let allows):
      if !allows { rules.choices = [] }
    case .object(let members):
      for name in members.keys.sorted() {
        guard let value = members[name] else { continue }
        try read(name, value, at: place, depth, into: &rules)
      }
    default: throw Refusal(place: place, reason: "must be an object or a boolean")
    }
    guard rules.required.count <= 64 else {
      throw Refusal(place: place + "/required", reason: "at most 64 members can be required")
    }
    for (index, name) in rules.required.enumerated() {
      let bytes = Array(name.utf8)
      let node = rules.members.first { $0.name == bytes }?.node
      rules.members.removeAll { $0.name == bytes }
      rules.members.append(.init(name: bytes, node: node, bit: 1 << UInt64(index)))
    }
    nodes[number] = SchemaNode(rules, at: place)
    return number
  }

  private mutating func read(
    _ name: String, _ value: JSON, at place: String, _ depth: Int,
    into rules: inout SchemaNode.Rules
  ) throws(Refusal) {
    let here = "\(place)/\(JSONPointer.escape(name))"
    switch name {
    case _ where dialect == .records && Self.combinations.contains(name):
      throw Refusal(
        place: here,
        reason: "the keyword \"\(name)\" is not supported in the schema of a collection; "
          + "write out what is meant")
    case "default" where dialect == .records: rules.fallback = value
    case "type": rules.kinds = try kinds(value, here)
    case "enum": try keep(try elements(value, here, atLeast: 1), in: &rules)
    case "const": try keep([value], in: &rules)
    case "required": rules.required = try names(value, here)
    case "minItems": rules.leastItems = try count(value, here)
    case "maxItems": rules.mostItems = try count(value, here)
    case "minLength": rules.shortest = try count(value, here)
    case "maxLength": rules.longest = try count(value, here)
    case "pattern": rules.pattern = try pattern(value, here)
    case "$ref": rules.all.append(try reference(value, here))
    case "items": rules.items = try read(value, at: here, depth: depth + 1)
    case "additionalProperties":
      switch value {
      case .bool(let allows): rules.others = allows ? .any : .none
      default: rules.others = .node(try read(value, at: here, depth: depth + 1))
      }
    case "properties":
      for (name, number) in try schemas(value, here, depth) {
        rules.members.append(.init(name: Array(name.utf8), node: number, bit: 0))
      }
    case "$defs", "definitions": _ = try schemas(value, here, depth)
    case "allOf": rules.all += try list(value, here, depth)
    case "anyOf": rules.any = try list(value, here, depth)
    case "oneOf": rules.one = try list(value, here, depth)
    default:
      if let keyword = SchemaNode.Bound.Keyword(rawValue: name) {
        rules.bounds.append(try bound(keyword, value, here))
      } else if !Self.remarks.contains(name), !name.hasPrefix("x-") {
        let advice =
          name == "format" ? "; use \"pattern\", or say it in \"description\"" : "; take it out"
        throw Refusal(
          place: here,
          reason: "the keyword \"\(name)\" is not supported, so it would not be kept"
            + advice)
      }
    }
  }

  private func bound(
    _ keyword: SchemaNode.Bound.Keyword, _ value: JSON, _ place: String
  ) throws(Refusal) -> SchemaNode.Bound {
    guard value.double != nil || dialect == .records && value["$date"] != nil else {
      let date =
        dialect == .records ? " or a date such as {\"$date\": \"2026-01-31T10:00:00Z\"}" : ""
      throw Refusal(place: place, reason: "must be a number\(date)")
    }
    return .init(keyword: keyword, limit: value)
  }

  private func keep(_ choices: [JSON], in rules: inout SchemaNode.Rules) throws(Refusal) {
    let former = rules.choices ?? choices
    rules.choices = choices.filter { choice in former.contains { $0.equalsByNumber(choice) } }
  }

  // MARK: Values of keywords

  private func kinds(_ value: JSON, _ place: String) throws(Refusal) -> SchemaNode.Kinds {
    var names = [value]
    if case .array(let all) = value { names = all }
    var kinds: SchemaNode.Kinds = []
    let known = dialect == .records ? SchemaNode.Kinds.all : SchemaNode.Kinds.json
    for name in names {
      guard let found = known.first(where: { $0.name == name.string }) else {
        let allowed = known.map(\.name).joined(separator: ", ")
        throw Refusal(place: place, reason: "\(name.text()) is not one of \(allowed)")
      }
      kinds.insert(found.kind)
    }
    guard !kinds.isEmpty else { throw Refusal(place: place, reason: "must name a type") }
    return kinds
  }

  private func elements(
    _ value: JSON, _ place: String, atLeast least: Int = 0
  ) throws(Refusal) -> [JSON] {
    guard case .array(let all) = value, all.count >= least else {
      throw Refusal(
        place: place, reason: "must be an array" + (least > 0 ? " that is not empty" : ""))
    }
    return all
  }

  private func names(_ value: JSON, _ place: String) throws(Refusal) -> [String] {
    var names: [String] = []
    for element in try elements(value, place) {
      guard let name = element.string else {
        throw Refusal(place: place, reason: "must be an array of strings")
      }
      if !names.contains(name) { names.append(name) }
    }
    return names
  }

  private func count(_ value: JSON, _ place: String) throws(Refusal) -> Int {
    guard let number = value.int, number >= 0 else {
      throw Refusal(place: place, reason: "must be a whole number from 0")
    }
    return Int(number)
  }

  private func pattern(_ value: JSON, _ place: String) throws(Refusal) -> PosixPattern {
    guard let text = value.string else { throw Refusal(place: place, reason: "must be a string") }
    do throws(PosixPattern.Failure) {
      return try PosixPattern(text)
    } catch {
      throw Refusal(place: place, reason: error.reason)
    }
  }

  private mutating func reference(_ value: JSON, _ place: String) throws(Refusal) -> Int {
    guard let text = value.string, text.first == "#", !text.contains("%"),
      JSONPointer(String(text.dropFirst())) != nil
    else {
      throw Refusal(
        place: place, reason: "must name a place in this schema, such as \"#/$defs/NAME\"")
    }
    let target = String(text.dropFirst())
    references.append((target, place))
    return try number(of: target)
  }

  private mutating func schemas(
    _ value: JSON, _ place: String, _ depth: Int
  ) throws(Refusal) -> [(String, Int)] {
    guard case .object(let members) = value else {
      throw Refusal(place: place, reason: "must be an object of schemas")
    }
    var result: [(String, Int)] = []
    for name in members.keys.sorted() {
      guard let member = members[name] else { continue }
      let here = "\(place)/\(JSONPointer.escape(name))"
      result.append((name, try read(member, at: here, depth: depth + 1)))
    }
    return result
  }

  private mutating func list(
    _ value: JSON, _ place: String, _ depth: Int
  ) throws(Refusal) -> [Int] {
    var result: [Int] = []
    for (index, element) in try elements(value, place, atLeast: 1).enumerated() {
      result.append(try read(element, at: "\(place)/\(index)", depth: depth + 1))
    }
    return result
  }

  // MARK: Circles

  /// Refuses a schema that refers back to itself before it goes into the value: it would never end.
  private func checkCircles(_ nodes: [SchemaNode]) throws(Refusal) {
    // Whoever is taken off until only those in circles, and those before them, are left.
    var waits = nodes.map { Set($0.beside) }
    var ready = waits.indices.filter { waits[$0].isEmpty }
    var done = Set(ready)
    while let number = ready.popLast() {
      for other in waits.indices where waits[other].remove(number) != nil {
        if waits[other].isEmpty, done.insert(other).inserted { ready.append(other) }
      }
    }
    guard let left = waits.indices.first(where: { !done.contains($0) }) else { return }
    let place = numbers.first { $0.value == left }?.key ?? ""
    throw Refusal(place: place, reason: "refers back to itself, with nothing in between")
  }
}
