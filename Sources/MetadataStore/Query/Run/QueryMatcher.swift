/// Tells whether records fulfil a condition.
///
/// Threading: any thread; nothing is allocated for a record.
public struct QueryMatcher: Sendable {
  private let slots: FieldSlots
  private let program: QueryProgram

  /// Compiles a condition.
  ///
  /// - Parameters:
  ///   - condition: Of single records.
  ///   - parameters: Values for its open places.
  /// - Throws: `.invalid` or `.tooLarge` that says what is wrong with the condition or a value.
  public init(
    _ condition: QueryCondition, _ parameters: QueryParameters = QueryParameters()
  ) throws(MetadataError) {
    var query = MetadataQuery(from: "any")
    query.condition = condition
    try query.validate()
    let fields = condition.fields
    slots = FieldSlots(fields)
    program = try ProgramBuilder.program(
      for: condition, parameters, slots: slots.byTerm, whole: slots.whole)
  }

  /// Whether a record fulfils it.
  public func matches(_ record: MetadataRecord) -> Bool {
    defer { withExtendedLifetime(record) {} }
    return unsafe slots.withRow { row in
      unsafe slots.load(RecordPlace(record.block), row)
      return unsafe program.accepts(row)
    }
  }
}

extension QueryCondition {
  /// The fields that it looks at, each once.
  var fields: [QueryField] {
    var fields: [QueryField] = []
    forEachTerm { term in
      if case .record(let field) = term, !fields.contains(field) { fields.append(field) }
    }
    return fields
  }

  /// Calls `body` with the terms of all tests.
  func forEachTerm(_ body: (QueryTerm) -> Void) {
    switch self {
    case .not(let condition): condition.forEachTerm(body)
    case .and(let conditions), .or(let conditions):
      for condition in conditions { condition.forEachTerm(body) }
    default: term.map(body)
    }
  }
}

extension FieldSlots {
  /// The slots by term.
  var byTerm: [QueryTerm: Int] {
    Dictionary(
      uniqueKeysWithValues: fields.enumerated().map { (QueryTerm.record($1), $0) })
  }
}
