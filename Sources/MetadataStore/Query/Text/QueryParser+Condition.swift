extension QueryParser {
  /// Conditions joined by `or`.
  mutating func condition() throws(MetadataError) -> QueryCondition {
    var conditions = [try conjunction()]
    while take("or") { conditions.append(try conjunction()) }
    return conditions.count == 1 ? conditions[0] : .or(conditions)
  }

  private mutating func conjunction() throws(MetadataError) -> QueryCondition {
    var conditions = [try factor()]
    while take("and") { conditions.append(try factor()) }
    return conditions.count == 1 ? conditions[0] : .and(conditions)
  }

  private mutating func factor() throws(MetadataError) -> QueryCondition {
    if head.word == "not" || head.kind == .symbol("(") {
      guard depth < MetadataQuery.maximumDepth else {
        throw head.refusal(
          "conditions are nested deeper than \(MetadataQuery.maximumDepth) levels; split the query")
      }
      depth += 1
      defer { depth -= 1 }
      if take("not") { return .not(try factor()) }
      advance()
      let condition = try condition()
      try require(symbol: ")")
      return condition
    }
    tests += 1
    guard tests <= MetadataQuery.mostTests else {
      throw head.refusal("the query has more than \(MetadataQuery.mostTests) tests; use in (…)")
    }
    if take("matches") { return .matches(try operand()) }
    return try test(of: try term())
  }

  private mutating func test(of term: QueryTerm) throws(MetadataError) -> QueryCondition {
    if case .symbol(let symbol) = head.kind,
      let relation = MetadataCondition.Relation(rawValue: symbol)
    {
      advance()
      return .compare(term, relation, try operand())
    }
    let isNegated = take("not")
    guard let word = head.word, let condition = try test(word, of: term) else {
      let words = ["in", "between", "prefix", "contains", "has", "under", "exists", "is", "not"]
      throw expected(
        isNegated
          ? "in, between, prefix, contains, has, under or exists"
          : "= != < <= > >= or one of \(words.joined(separator: ", "))", oneOf: words)
    }
    return isNegated ? .not(condition) : condition
  }

  private mutating func test(
    _ word: String, of term: QueryTerm
  ) throws(MetadataError) -> QueryCondition? {
    guard
      ["in", "between", "prefix", "contains", "has", "under", "exists", "is"].contains(word)
    else { return nil }
    advance()
    switch word {
    case "in": return try choice(of: term)
    case "between":
      let least = try operand()
      try require("and")
      return .between(term, least, try operand())
    case "prefix": return .prefix(term, try operand())
    case "contains": return .contains(term, try operand())
    case "has": return .has(term, try operand())
    case "under": return .under(term, try operand())
    case "exists": return .exists(term)
    default:
      let isNegated = take("not")
      try require("null")
      return isNegated ? .not(.isNull(term)) : .isNull(term)
    }
  }

  private mutating func choice(of term: QueryTerm) throws(MetadataError) -> QueryCondition {
    if let parameter = parameter() { return .amongElements(term, parameter) }
    guard take(symbol: "(") else { throw expected("\"(\" or a parameter") }
    var choices: [QueryOperand] = []
    repeat {
      guard choices.count < MetadataQuery.mostChoices else {
        throw head.refusal("in (…) has more than \(MetadataQuery.mostChoices) values")
      }
      choices.append(try operand())
    } while take(symbol: ",")
    guard take(symbol: ")") else { throw expected("\",\" or \")\"") }
    return .among(term, choices)
  }
}
