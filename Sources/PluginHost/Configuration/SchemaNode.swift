import HostSupport

/// One level of a settings schema, its keywords checked.
struct SchemaNode: Sendable {
  enum Kind: String, CaseIterable {
    case object, array, string, integer, number, boolean, null
  }

  var kinds: [Kind] = []
  var properties: [String: SchemaNode] = [:]
  var required: [String] = []
  var allowsOthers = true
  /// The schema of members that `properties` does not name: none or one.
  var others: [SchemaNode] = []
  /// The schema of elements: none or one.
  var items: [SchemaNode] = []
  var choices: [JSON]?
  var minimum: Double?
  var maximum: Double?
  var shortest: Int?
  var longest: Int?
  var pattern: PosixPattern?
  var fallback: JSON?

  init() {}

  static let keywords = [
    "$comment", "$schema", "additionalProperties", "default", "description", "enum", "examples",
    "items", "maxLength", "maximum", "minLength", "minimum", "pattern", "properties", "required",
    "title", "type",
  ]

  init(_ json: JSON, at path: String, depth: Int = 0) throws(ManifestError) {
    guard case .object(let members) = json else {
      throw ManifestError(key: path, "must be an object (a schema), not \(json.kindName)")
    }
    guard depth < 16 else { throw ManifestError(key: path, "more than 16 levels of schema") }
    for name in members.keys.sorted() where !Self.keywords.contains(name) {
      throw ManifestError(
        key: "\(path).\(name)",
        "this keyword of JSON Schema is not supported" + Spelling.hint(for: name, in: Self.keywords)
      )
    }
    let object = ManifestObject(path: path, members: members)
    try readKinds(object)
    try readMembers(object, depth)
    try readLimits(object)
    try readDefault(object)
  }

  private mutating func readKinds(_ object: ManifestObject) throws(ManifestError) {
    let names: [String]
    switch object.members["type"] {
    case nil: names = []
    case .string(let name)?: names = [name]
    default: names = try object.strings("type") ?? []
    }
    for name in names {
      guard let kind = Kind(rawValue: name) else {
        let allowed = Kind.allCases.map(\.rawValue)
        throw ManifestError(
          key: object.key("type"),
          "\"\(name)\" is not one of \(allowed.joined(separator: ", "))"
            + Spelling.hint(for: name, in: allowed))
      }
      kinds.append(kind)
    }
  }

  private mutating func readMembers(_ object: ManifestObject, _ depth: Int) throws(ManifestError) {
    if let all = try object.object("properties") {
      for (name, json) in all.members {
        properties[name] = try SchemaNode(json, at: all.key(name), depth: depth + 1)
      }
    }
    required = try object.strings("required") ?? []
    if let json = object.members["items"] {
      items = [try SchemaNode(json, at: object.key("items"), depth: depth + 1)]
    }
    switch object.members["additionalProperties"] {
    case nil: break
    case .bool(let flag)?: allowsOthers = flag
    case let json?:
      others = [try SchemaNode(json, at: object.key("additionalProperties"), depth: depth + 1)]
    }
  }

  private mutating func readLimits(_ object: ManifestObject) throws(ManifestError) {
    if let value = object.members["enum"] {
      guard case .array(let all) = value, !all.isEmpty else {
        throw object.wrongType("enum", "an array with at least one value", value)
      }
      choices = all
    }
    minimum = try bound(object, "minimum")
    maximum = try bound(object, "maximum")
    shortest = try length(object, "minLength")
    longest = try length(object, "maxLength")
    if let text = try object.optionalString("pattern") {
      do throws(PosixPattern.Failure) {
        pattern = try PosixPattern(text)
      } catch {
        throw ManifestError(key: object.key("pattern"), error.reason)
      }
    }
  }

  private func bound(_ object: ManifestObject, _ name: String) throws(ManifestError) -> Double? {
    guard let value = object.members[name] else { return nil }
    guard let number = value.double else { throw object.wrongType(name, "a number", value) }
    return number
  }

  private func length(_ object: ManifestObject, _ name: String) throws(ManifestError) -> Int? {
    guard let value = object.members[name] else { return nil }
    guard case .int(let number) = value, number >= 0 else {
      throw object.wrongType(name, "a whole number from 0", value)
    }
    return Int(number)
  }

  private mutating func readDefault(_ object: ManifestObject) throws(ManifestError) {
    guard let value = object.members["default"] else { return }
    var problems: [SettingsError.Problem] = []
    fallback = apply(to: value, at: "", &problems)
    if let problem = problems.first {
      throw ManifestError(key: object.key("default") + problem.pointer, problem.reason)
    }
  }
}
