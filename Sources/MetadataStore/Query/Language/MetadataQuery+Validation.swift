import HostSupport

extension MetadataQuery {
  /// Checks everything that can be known before the values of parameters are.
  ///
  /// - Throws: `.invalid` or `.tooLarge` that says what to write instead.
  public func validate() throws(MetadataError) {
    try MetadataWrite.validate(collection: collection)
    for (count, what) in [
      (columns.count, "columns"), (grouping.count, "fields to group by"),
      (ordering.count, "terms to order by"),
    ] where count > Self.mostTerms {
      throw .tooLarge("the query has \(count) \(what); at most \(Self.mostTerms) are allowed")
    }
    if let condition {
      try condition.validate() { (term) throws(MetadataError) in
        if let term { try ofRecord(term) }
      }
    }
    for field in grouping { try Self.validate(field) }
    guard !isGrouped || !columns.isEmpty else {
      throw .invalid(
        "the query groups records but selects nothing; write select \(grouping.first?.description ?? "count()"), "
          + "count() from \(collection) …")
    }
    for term in columns { try shown(term) }
    for order in ordering { try shown(order.term) }
    if let groupCondition {
      try groupCondition.validate { (term) throws(MetadataError) in
        guard let term else {
          throw .invalid("matches is of single records; write it behind where, not behind having")
        }
        try shown(term)
      }
    }
    if case .value(let limit) = limit { _ = try Self.count(limit) }
    if let cursor, case .value(let value) = cursor, value.text == nil {
      throw .invalid("the query's cursor is no text; give the one of the page before")
    }
  }

  /// The number that a limit is.
  static func count(_ limit: MetadataValue) throws(MetadataError) -> Int {
    guard case .int(let number) = limit, number >= 0 else {
      throw .invalid(
        "the query's limit is \(QueryOperand.text(of: limit)); it must be an integer, 0 or more")
    }
    return Int(number)
  }

  private func ofRecord(_ term: QueryTerm) throws(MetadataError) {
    guard case .record(let field) = term else {
      throw .invalid(
        "the query tests \(term) of single records; a figure of groups stands behind having")
    }
    try Self.validate(field)
  }

  /// A term that results show or are ordered by.
  private func shown(_ term: QueryTerm) throws(MetadataError) {
    switch term {
    case .record(let field):
      try Self.validate(field)
      guard !isGrouped || grouping.contains(field) else {
        throw .invalid(
          "the query shows groups of records, and \(field) may differ within a group; "
            + "group by it too, or use min(\(field))")
      }
    case .aggregate(let aggregate):
      guard isGrouped else {
        throw .invalid(
          "the query orders single records by \(term); select it, or group by something")
      }
      guard let field = aggregate.field else {
        guard aggregate.function == .count else {
          throw .invalid("\(aggregate.function.name) needs a field")
        }
        return
      }
      if case .percentile(let percent) = aggregate.function, !(0...100).contains(percent) {
        throw .invalid("there is no percentile p\(percent); there are p0 to p100")
      }
      try Self.validate(field)
    }
  }

  private static func validate(_ field: QueryField) throws(MetadataError) {
    guard case .path(let path) = field, !path.isWithinLimits else { return }
    throw .invalid(
      "a field of the query has no name or an empty one, or more than \(FieldPath.mostNames) names "
        + "or \(FieldPath.maximumBytes) bytes: \"\(path)\"")
  }
}

extension QueryCondition {
  /// Checks nesting, sizes and terms.
  func validate(
    _ check: (QueryTerm?) throws(MetadataError) -> Void
  ) throws(MetadataError) {
    var tests = 0
    try validate(depth: 0, &tests, check)
  }

  private func validate(
    depth: Int, _ tests: inout Int, _ check: (QueryTerm?) throws(MetadataError) -> Void
  ) throws(MetadataError) {
    // The text nests `and` in `or` without parentheses.
    guard depth <= 2 * MetadataQuery.maximumDepth + 2 else {
      throw .tooLarge(
        "the query's conditions are nested deeper than \(MetadataQuery.maximumDepth) levels; "
          + "split the query")
    }
    switch self {
    case .not(let condition):
      try condition.validate(depth: depth + 1, &tests, check)
    case .and(let conditions), .or(let conditions):
      guard !conditions.isEmpty else {
        throw .invalid("the query joins no conditions with and or or; give one or leave it out")
      }
      for condition in conditions { try condition.validate(depth: depth + 1, &tests, check) }
    default:
      tests += 1
      guard tests <= MetadataQuery.mostTests else {
        throw .tooLarge("the query has more than \(MetadataQuery.mostTests) tests; use in (…)")
      }
      if case .among(_, let choices) = self, choices.count > MetadataQuery.mostChoices {
        throw .tooLarge("in (…) has more than \(MetadataQuery.mostChoices) values")
      }
      try check(term)
    }
  }

  /// What a test is of; `nil` for what is no test, and for `matches`, which is of the whole record.
  var term: QueryTerm? {
    switch self {
    case .compare(let term, _, _), .between(let term, _, _), .among(let term, _),
      .amongElements(let term, _), .prefix(let term, _), .contains(let term, _),
      .has(let term, _), .under(let term, _), .exists(let term), .isNull(let term):
      term
    case .matches, .not, .and, .or: nil
    }
  }
}

extension MetadataValue {
  /// The content of text.
  var text: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }
}
