import HostSupport

/// Holds one value against the rules of a schema.
struct ValueCheck {
  private enum Step {
    case index(Int)
    case name(String)
  }

  private let rules: [ValueRule]
  private let most: Int
  private var path: [Step] = []
  private(set) var violations: [ValueSchema.Violation] = []

  /// A check that tells at most so many violations; with 0 it ends at the first without a word.
  init(_ rules: [ValueRule], most: Int) {
    self.rules = rules
    self.most = most
  }

  /// Whether a value fits one of the schemas.
  mutating func fits(_ value: MetadataValue, _ number: Int = 0) -> Bool {
    let rule = rules[number]
    guard rule.allows(value.kind) else {
      return refuse("must be \(rule.keywords.kinds?.phrase ?? ""), not \(Self.found(value))")
    }
    if let choices = rule.keywords.choices, !choices.contains(value) {
      return refuse(Self.words(choices, value))
    }
    switch value {
    case .null, .bool: return true
    case .int, .double: return keeps(rule.keywords.numberBounds, value)
    case .date: return keeps(rule.keywords.dateBounds, value)
    case .string(let text): return fits(text, rule)
    case .bytes(let bytes): return hasLength(bytes.count, rule, "bytes")
    case .list(let elements): return fits(elements, rule)
    case .map(let members): return fits(members, rule)
    }
  }

  // MARK: Kinds of values

  private mutating func keeps(_ bounds: [ValueBound], _ value: MetadataValue) -> Bool {
    for bound in bounds where !bound.holds(for: value) {
      let words = ValueBound(keyword: bound.keyword, limit: value).words
      return refuse("must be \(bound.keyword.phrase) \(bound.words), not \(words)")
    }
    return true
  }

  private mutating func fits(_ text: String, _ rule: ValueRule) -> Bool {
    if rule.keywords.shortest > 0 || rule.keywords.longest < text.utf8.count {
      guard hasLength(text.unicodeScalars.count, rule, "characters") else { return false }
    }
    if let pattern = rule.keywords.pattern, text.utf8.contains(0) || !pattern.matches(text) {
      return refuse("must match \(pattern.text), unlike \(Self.found(.string(text)))")
    }
    return true
  }

  private mutating func hasLength(_ length: Int, _ rule: ValueRule, _ unit: String) -> Bool {
    if length < rule.keywords.shortest {
      return refuse("must have at least \(rule.keywords.shortest) \(unit), not \(length)")
    }
    if length > rule.keywords.longest {
      return refuse("must have at most \(rule.keywords.longest) \(unit), not \(length)")
    }
    return true
  }

  private mutating func fits(_ elements: [MetadataValue], _ rule: ValueRule) -> Bool {
    var fits = true
    if let items = rule.keywords.items {
      for (index, element) in elements.enumerated() {
        fits = self.fits(element, items, .index(index)) && fits
        if !fits, isDone { return false }
      }
    }
    if elements.count < rule.keywords.leastItems {
      return refuse(
        "must have at least \(rule.keywords.leastItems) elements, not \(elements.count)")
    }
    if elements.count > rule.keywords.mostItems {
      return refuse("must have at most \(rule.keywords.mostItems) elements, not \(elements.count)")
    }
    return fits
  }

  private mutating func fits(_ members: [String: MetadataValue], _ rule: ValueRule) -> Bool {
    var fits = true
    var known = 0
    for member in rule.keywords.members {
      if let value = members[member.name] {
        known += 1
        guard let number = member.rule else { continue }
        fits = self.fits(value, number, .name(member.name)) && fits
      } else if member.isRequired {
        fits = refuse("is missing; it is required", at: .name(member.name))
      }
      if !fits, isDone { return false }
    }
    guard known < members.count else { return fits }
    switch rule.keywords.others {
    case .any: return fits
    case .none, .node: return othersFit(members, rule) && fits
    }
  }

  /// Holds the members that the schema does not name against what it says of others.
  private mutating func othersFit(
    _ members: [String: MetadataValue], _ rule: ValueRule
  ) -> Bool {
    let named = Set(rule.keywords.members.map(\.name))
    let names = members.keys.filter { !named.contains($0) }
    var fits = true
    for name in most == 0 ? names : names.sorted() {
      if case .node(let number) = rule.keywords.others, let value = members[name] {
        fits = self.fits(value, number, .name(name)) && fits
      } else {
        fits = refuse("is not allowed here", at: .name(name))
      }
      if !fits, isDone { return false }
    }
    return fits
  }

  private mutating func fits(_ value: MetadataValue, _ number: Int, _ step: Step) -> Bool {
    guard most > 0 else { return fits(value, number) }
    path.append(step)
    defer { path.removeLast() }
    return fits(value, number)
  }

  // MARK: Words

  private var isDone: Bool { violations.count >= most }

  private mutating func refuse(
    _ reason: @autoclosure () -> String, at step: Step? = nil
  ) -> Bool {
    guard !isDone else { return false }
    let steps = step.map { path + [$0] } ?? path
    let pointer = steps.map { step in
      switch step {
      case .index(let index): "/\(index)"
      case .name(let name): "/" + JSONPointer.escape(name)
      }
    }.joined()
    violations.append(ValueSchema.Violation(pointer: pointer, reason: reason()))
    return false
  }

  private static func words(_ choices: [MetadataValue], _ value: MetadataValue) -> String {
    if choices.isEmpty { return "is not allowed here" }
    let allowed = choices.prefix(16).map { $0.json.text() }.joined(separator: ", ")
    let words = choices.count == 1 ? "must be" : "must be one of"
    return "\(words) \(allowed)\(choices.count > 16 ? ", …" : ""), not \(found(value))"
  }

  /// What a value is, for a person.
  static func found(_ value: MetadataValue) -> String {
    switch value {
    case .null: return "null"
    case .bool(let flag): return "\(flag)"
    case .int(let number): return "the number \(number)"
    case .double(let number): return "the number \(number)"
    case .string(let text):
      guard text.utf8.count <= 64 else { return "a string" }
      return "the string \(JSON.string(text).text())"
    case .bytes(let bytes): return "\(bytes.count) bytes"
    case .date(let nanoseconds): return "the date \(Timestamp.text(nanoseconds))"
    case .list: return "an array"
    case .map: return "an object"
    }
  }
}
