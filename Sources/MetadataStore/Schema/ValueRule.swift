import HostSupport

/// One level of a schema, ready to be held against values. Other levels are known by their numbers.
final class ValueRule: Sendable {
  let keywords: ValueKeywords
  /// What a map without the member gets; its own members are filled in already.
  let fallback: MetadataValue?
  /// Whether something within its values can be filled in.
  let fills: Bool
  /// A bit for each kind of packed values, by number.
  private let allowed: UInt16

  init(_ keywords: ValueKeywords, fallback: MetadataValue?, fills: Bool) {
    self.keywords = keywords
    self.fallback = fallback
    self.fills = fills
    allowed = PackedKind.allCases.reduce(0) { bits, kind in
      Self.allows(kind.schemaKind, keywords) ? bits | 1 << kind.rawValue : bits
    }
  }

  /// Whether a kind of values is allowed; a whole number is a number too.
  func allows(_ kind: SchemaNode.Kinds) -> Bool { Self.allows(kind, keywords) }

  private static func allows(_ kind: SchemaNode.Kinds, _ keywords: ValueKeywords) -> Bool {
    guard let kinds = keywords.kinds else { return true }
    return !kinds.isDisjoint(with: kind == .integer ? [.integer, .number] : kind)
  }

  /// The same of a kind of packed values.
  func allows(_ kind: PackedKind) -> Bool { allowed & (1 << kind.rawValue) != 0 }
}

/// What the keywords of one level say, in the store's values.
struct ValueKeywords: Sendable {
  /// A member of a map that a schema names.
  struct Member: Sendable {
    let name: String
    /// The name as packed values have it.
    let bytes: [UInt8]
    /// The number of its schema; `nil` when it may be anything.
    let rule: Int?
    let isRequired: Bool
  }

  /// Where it stands in the schema, as a JSON pointer.
  private(set) var place = ""
  /// `nil` for every kind.
  private(set) var kinds: SchemaNode.Kinds?
  /// What `enum` and `const` leave.
  private(set) var choices: [MetadataValue]?
  /// The same as packed values.
  private(set) var packedChoices: [PackedValue] = []
  /// By the bytes of their names, as packed values have theirs.
  private(set) var members: [Member] = []
  private(set) var others = SchemaNode.Others.any
  private(set) var items: Int?
  private(set) var leastItems = 0
  private(set) var mostItems = Int.max
  /// Of text in Unicode scalars, of bytes in bytes.
  private(set) var shortest = 0
  private(set) var longest = Int.max
  private(set) var pattern: PosixPattern?
  private(set) var numberBounds: [ValueBound] = []
  private(set) var dateBounds: [ValueBound] = []
  /// What `default` says.
  private(set) var fallback: MetadataValue?

  /// Keywords that let every value through.
  init() {}

  /// Reads what JSON says of values.
  ///
  /// - Throws: What is no value or no date.
  init(_ node: SchemaNode) throws(JSONSchema.Refusal) {
    let rules = node.rules
    place = node.place
    kinds = rules.kinds
    others = rules.others
    items = rules.items
    leastItems = rules.leastItems ?? 0
    mostItems = rules.mostItems ?? .max
    shortest = rules.shortest ?? 0
    longest = rules.longest ?? .max
    pattern = rules.pattern
    members =
      rules.members
      .map { member in
        Member(
          name: String(decoding: member.name, as: UTF8.self), bytes: member.name,
          rule: member.node, isRequired: member.bit != 0)
      }
      .sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    choices = try rules.choices?.map { choice throws(JSONSchema.Refusal) in
      try Self.value(choice, at: node.place + "/enum")
    }
    packedChoices = (choices ?? []).map { PackedValue($0) }
    fallback = try rules.fallback.map { json throws(JSONSchema.Refusal) in
      try Self.value(json, at: node.place + "/default")
    }
    for bound in rules.bounds {
      let here = "\(node.place)/\(bound.keyword.rawValue)"
      let limit = ValueBound(
        keyword: bound.keyword, limit: try Self.value(bound.limit, at: here))
      if case .date = limit.limit { dateBounds.append(limit) } else { numberBounds.append(limit) }
    }
  }

  private static func value(
    _ json: JSON, at place: String
  ) throws(JSONSchema.Refusal) -> MetadataValue {
    do throws(MetadataError) {
      return try MetadataValue(json: json)
    } catch {
      throw JSONSchema.Refusal(place: place, reason: error.description)
    }
  }
}

extension MetadataValue {
  /// The kind as a schema calls it.
  var schemaKind: SchemaNode.Kinds {
    switch self {
    case .null: .null
    case .bool: .boolean
    case .int: .integer
    case .double: .number
    case .string: .string
    case .bytes: .bytes
    case .date: .date
    case .list: .array
    case .map: .object
    }
  }
}
