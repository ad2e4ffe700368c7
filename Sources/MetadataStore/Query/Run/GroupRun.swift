/// A query for groups, ready to run on one snapshot.
struct GroupRun {
  let choice: QueryPlanner.Choice
  private let query: MetadataQuery
  private let state: CollectionState
  private let limit: Int
  private let cursor: QueryCursor?
  private let slots: FieldSlots
  private let program: QueryProgram?
  /// Everything that a group must tell, each once.
  private let terms: [QueryTerm]
  private let order: GroupOrder
  private let groupProgram: QueryProgram?
  /// Fields that figures are made of, with their slots.
  private let measured: [(slot: Int, field: QueryField, wanted: Figures.Wanted)]

  /// Prepares a query for groups.
  init(
    _ query: MetadataQuery, _ parameters: QueryParameters, _ state: CollectionState,
    _ search: QueryPlanner.Search?
  ) throws(MetadataError) {
    self.query = query
    self.state = state
    var terms = query.columns
    func need(_ term: QueryTerm) {
      if !terms.contains(term) { terms.append(term) }
    }
    query.groupCondition?.forEachTerm(need)
    for order in query.ordering { need(order.term) }
    for field in query.grouping { need(.record(field)) }
    self.terms = terms
    order = GroupOrder(query, terms)
    limit = try query.limit(parameters)
    cursor = try query.cursor(parameters, count: order.terms.count)
    let planner = try QueryPlanner(
      state, query.condition, parameters, order: nil, limit: .max)
    choice = try planner.choice(parameters, search)
    // The fields that make groups have the first slots.
    var fields: [QueryField] = []
    for field in query.grouping where !fields.contains(field) { fields.append(field) }
    var wanted: [QueryField: Figures.Wanted] = [:]
    for case .aggregate(let aggregate) in terms {
      guard let field = aggregate.field else { continue }
      wanted[field, default: []].formUnion(Figures.Wanted(aggregate.function))
      if !fields.contains(field) { fields.append(field) }
    }
    (slots, program) = try choice.program(parameters, others: fields)
    measured = fields.enumerated().compactMap { slot, field in
      wanted[field].map { (slot, field, $0) }
    }
    groupProgram = try query.groupCondition.map { (condition) throws(MetadataError) in
      let places = Dictionary(uniqueKeysWithValues: terms.enumerated().map { ($1, $0) })
      return try ProgramBuilder.program(
        for: condition, parameters, slots: places, whole: terms.count)
    }
  }

  /// What was found.
  struct Found {
    let rows: [[MetadataValue?]]
    let examined: Int
    /// The place of the last row, when there are more behind it.
    let last: QueryCursor?
  }

  /// Reads the records and makes the groups.
  ///
  /// - Returns: Rows of the query's columns.
  /// - Throws: `.tooLarge` when there are too many groups.
  func run() throws(MetadataError) -> Found {
    var groups = Groups(slots, width: Set(query.grouping).count, measured)
    let examined = try read(into: &groups)
    if query.grouping.isEmpty { groups.addEmpty() }
    var found = groups.rows(of: terms)
    if let groupProgram { found = found.filter { $0.fulfils(groupProgram) } }
    if let cursor { found = found.filter { order.compare($0.key(order), cursor.values) > 0 } }
    // Keys are made once for each row, not for each comparison.
    let sorted = found.map { (key: $0.key(order), row: $0) }
      .sorted { order.compare($0.key, $1.key) < 0 }
    let shown = sorted.prefix(limit)
    let last = sorted.count > shown.count ? shown.last.map { QueryCursor($0.key) } : nil
    return Found(
      rows: shown.map { Array($0.row.values.prefix(query.columns.count)) }, examined: examined,
      last: last)
  }

  private func read(into groups: inout Groups) throws(MetadataError) -> Int {
    var examined = 0
    let scan = RecordScan(state: state, path: choice.path, isReversed: false, start: nil)
    // What a closure takes from here alone: all of `self` would be copied for each record.
    let (slots, program) = (slots, program)
    unsafe slots.withRow { row in
      let repeats = scan.repeatsRecords
      var last: RecordBlock?
      scan.forEachLeaf { leaf in
        for index in 0..<leaf.count {
          if repeats {
            let block = leaf[index].block
            if block === last { continue }
            last = block
          }
          examined += 1
          unsafe slots.load(leaf.place(index), row)
          if let program, unsafe !program.accepts(row) { continue }
          unsafe groups.add(row)
        }
        return groups.count <= MetadataQuery.mostGroups
      }
    }
    guard groups.count <= MetadataQuery.mostGroups else {
      throw .tooLarge(
        "the query makes more than \(MetadataQuery.mostGroups) groups; group by something that more "
          + "records have in common, or ask for fewer records")
    }
    return examined
  }
}
