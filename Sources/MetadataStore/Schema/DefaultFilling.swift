import HostSupport

/// Fills defaults into values.
struct DefaultFilling {
  private let rules: [ValueRule]
  private let most: Int
  private var added = 0

  /// A filling of at most so many bytes.
  init(_ rules: [ValueRule], most: Int) {
    self.rules = rules
    self.most = most
  }

  /// The rules of a schema, with defaults filled in themselves.
  ///
  /// - Throws: A default that does not fit its own schema or is too large.
  static func rules(_ all: [ValueKeywords]) throws(JSONSchema.Refusal) -> [ValueRule] {
    var rules = all.map { ValueRule($0, fallback: nil, fills: false) }
    // A schema's number is smaller than those of the schemas within it.
    for number in rules.indices.reversed() {
      let keywords = all[number]
      let fills =
        keywords.below.contains { rules[$0].fills }
        || keywords.members.contains { $0.rule.map { rules[$0].fallback != nil } ?? false }
      rules[number] = ValueRule(keywords, fallback: nil, fills: fills)
      guard keywords.fallback != nil else { continue }
      let fallback = try fallback(of: number, rules)
      rules[number] = ValueRule(keywords, fallback: fallback, fills: fills)
    }
    return rules
  }

  /// A default with what its schema fills into it.
  private static func fallback(
    of number: Int, _ rules: [ValueRule]
  ) throws(JSONSchema.Refusal) -> MetadataValue? {
    let keywords = rules[number].keywords
    guard var value = keywords.fallback else { return nil }
    let place = keywords.place + "/default"
    var filling = DefaultFilling(rules, most: ValueSchema.maximumDefault)
    var size = value.size
    do throws(MetadataError) {
      value = try filling.filled(number, value) ?? value
      size = value.size
    } catch {
      size = nil
    }
    guard let size, size <= ValueSchema.maximumDefault else {
      throw JSONSchema.Refusal(
        place: place,
        reason: "has more than \(ValueSchema.maximumDefault) bytes or 32 levels; shorten it")
    }
    var check = ValueCheck(rules, most: 1)
    guard PackedValue(value).withView({ check.fits($0, number) }) else {
      let words = check.violations.first?.description ?? ""
      throw JSONSchema.Refusal(place: place, reason: "does not fit its own schema: \(words)")
    }
    return value
  }

  /// A value with what it lacks; `nil` when it lacks nothing.
  mutating func filled(
    _ number: Int, _ value: MetadataValue
  ) throws(MetadataError) -> MetadataValue? {
    let rule = rules[number]
    guard rule.fills else { return nil }
    switch value {
    case .map(let members): return try filled(rule, members).map { .map($0) }
    case .list(let elements):
      guard let items = rule.keywords.items, rules[items].fills else { return nil }
      return try filled(items, elements).map { .list($0) }
    default: return nil
    }
  }

  private mutating func filled(
    _ rule: ValueRule, _ members: [String: MetadataValue]
  ) throws(MetadataError) -> [String: MetadataValue]? {
    var result = members
    var hasChanged = false
    for member in rule.keywords.members {
      guard let number = member.rule else { continue }
      if let present = members[member.name] {
        guard let new = try filled(number, present) else { continue }
        result[member.name] = new
      } else if let fallback = rules[number].fallback {
        try count(fallback, member.name)
        result[member.name] = fallback
      } else {
        continue
      }
      hasChanged = true
    }
    if case .node(let number) = rule.keywords.others, rules[number].fills {
      let named = Set(rule.keywords.members.map(\.name))
      for (name, present) in members where !named.contains(name) {
        guard let new = try filled(number, present) else { continue }
        result[name] = new
        hasChanged = true
      }
    }
    return hasChanged ? result : nil
  }

  private mutating func filled(
    _ number: Int, _ elements: [MetadataValue]
  ) throws(MetadataError) -> [MetadataValue]? {
    var result = elements
    var hasChanged = false
    for index in elements.indices {
      guard let new = try filled(number, elements[index]) else { continue }
      result[index] = new
      hasChanged = true
    }
    return hasChanged ? result : nil
  }

  private mutating func count(_ value: MetadataValue, _ name: String) throws(MetadataError) {
    added += name.utf8.count + 8 + (value.size ?? most)
    guard added <= most else {
      throw .tooLarge(
        "the defaults of its schema would add more than \(most) bytes to the value; "
          + "write shorter lists, or take the defaults out of the schema")
    }
  }
}

extension ValueKeywords {
  /// The numbers of the schemas within it.
  fileprivate var below: [Int] {
    var numbers = members.compactMap(\.rule)
    if let items { numbers.append(items) }
    if case .node(let number) = others { numbers.append(number) }
    return numbers
  }
}
