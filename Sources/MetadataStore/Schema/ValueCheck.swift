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

  /// Whether the value lacks something that the schema has a default for, as far as it was looked at.
  private(set) var lacksDefault = false

  /// Whether a value fits one of the schemas.
  mutating func fits(_ value: PackedView, _ number: Int = 0) -> Bool {
    let rule = rules[number]
    guard rule.allows(value.kind) else {
      return refuse("must be \(rule.keywords.kinds?.phrase ?? ""), not \(Self.found(value.value))")
    }
    if let choices = rule.keywords.choices,
      !rule.keywords.packedChoices.contains(where: value.equals)
    {
      return refuse(Self.words(choices, value.value))
    }
    switch value.kind {
    case .null, .no, .yes: return true
    case .int: return keeps(rule.keywords.numberBounds, .int(value.int))
    case .double: return keeps(rule.keywords.numberBounds, .double(value.double))
    case .date: return keeps(rule.keywords.dateBounds, .date(nanoseconds: value.int))
    case .string: return textFits(value, rule)
    case .bytes: return hasLength(value.byteCount, rule, "bytes")
    case .list: return elementsFit(value, rule)
    case .map: return membersFit(value, rule)
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

  private mutating func textFits(_ value: PackedView, _ rule: ValueRule) -> Bool {
    if rule.keywords.shortest > 0 || rule.keywords.longest < value.byteCount {
      guard hasLength(value.scalarCount, rule, "characters") else { return false }
    }
    guard let pattern = rule.keywords.pattern else { return true }
    let text = value.string
    guard !text.utf8.contains(0), pattern.matches(text) else {
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

  private mutating func elementsFit(_ value: PackedView, _ rule: ValueRule) -> Bool {
    var fits = true
    if let items = rule.keywords.items {
      var elements = value.parts
      var index = 0
      while let element = elements.take() {
        fits = self.fits(element, items, at: .index(index)) && fits
        if !fits, isDone { return false }
        index += 1
      }
    }
    if value.count < rule.keywords.leastItems {
      return refuse("must have at least \(rule.keywords.leastItems) elements, not \(value.count)")
    }
    if value.count > rule.keywords.mostItems {
      return refuse("must have at most \(rule.keywords.mostItems) elements, not \(value.count)")
    }
    return fits
  }

  /// Goes over what a map has and what its schema names, both in the order of their bytes.
  private mutating func membersFit(_ value: PackedView, _ rule: ValueRule) -> Bool {
    let named = rule.keywords.members
    var members = value.parts
    var place = 0
    var fits = true
    while let member = members.take() {
      var order = 1
      while place < named.count {
        order = members.order(of: named[place].bytes)
        guard order < 0 else { break }
        fits = mayLack(named[place]) && fits
        place += 1
        if !fits, isDone { return false }
      }
      if place < named.count, order == 0 {
        if let number = named[place].rule {
          fits = self.fits(member, number, at: .name(named[place].name)) && fits
        }
        place += 1
      } else {
        fits = otherFits(member, rule, members) && fits
      }
      if !fits, isDone { return false }
    }
    while place < named.count {
      fits = mayLack(named[place]) && fits
      place += 1
    }
    return fits
  }

  /// Whether a map may be without a member that its schema names.
  private mutating func mayLack(_ member: ValueKeywords.Member) -> Bool {
    if let number = member.rule, rules[number].fallback != nil { lacksDefault = true }
    return !member.isRequired || refuse("is missing; it is required", at: .name(member.name))
  }

  /// Holds a member that the schema does not name against what it says of others.
  private mutating func otherFits(
    _ value: PackedView, _ rule: ValueRule, _ members: PackedParts
  ) -> Bool {
    switch rule.keywords.others {
    case .any: true
    case .none: refuse("is not allowed here", at: .name(members.text))
    case .node(let number): fits(value, number, at: .name(members.text))
    }
  }

  private mutating func fits(
    _ value: PackedView, _ number: Int, at step: @autoclosure () -> Step
  ) -> Bool {
    guard most > 0 else { return fits(value, number) }
    path.append(step())
    defer { path.removeLast() }
    return fits(value, number)
  }

  // MARK: Words

  private var isDone: Bool { violations.count >= most }

  private mutating func refuse(
    _ reason: @autoclosure () -> String, at step: @autoclosure () -> Step? = nil
  ) -> Bool {
    guard !isDone else { return false }
    let steps = step().map { path + [$0] } ?? path
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
