/// A query for records, ready to run on one snapshot.
struct RecordRun {
  let state: CollectionState
  let choice: QueryPlanner.Choice
  let order: RecordOrder
  let limit: Int
  let cursor: QueryCursor?
  private let slots: FieldSlots
  private let program: QueryProgram?

  /// Prepares a query for single records.
  init(
    _ query: MetadataQuery, _ parameters: QueryParameters, _ state: CollectionState,
    _ search: QueryPlanner.Search?
  ) throws(MetadataError) {
    self.state = state
    order = RecordOrder(query.ordering)
    limit = try query.limit(parameters)
    cursor = try query.cursor(parameters, count: order.terms.count)
    let planner = try QueryPlanner(
      state, query.condition, parameters, order: order, limit: limit)
    choice = try planner.choice(parameters, search)
    (slots, program) = try choice.program(parameters)
  }

  /// Calls `body` with the records that are asked, in order, until it returns false.
  ///
  /// - Parameters:
  ///   - mostBeyond: How many more than the limit to show.
  ///   - body: Returns whether to go on.
  /// - Returns: How many were read.
  func forEach(mostBeyond: Int = 0, _ body: (MetadataRecord) -> Bool) -> Int {
    let most = limit == .max ? .max : limit + mostBeyond
    guard most > 0 else { return 0 }
    return choice.isOrdered ? forEachInOrder(most, body) : forEachSorted(most, body)
  }

  private func forEachInOrder(_ most: Int, _ body: (MetadataRecord) -> Bool) -> Int {
    var left = most
    let start = start
    let scan = RecordScan(
      state: state, path: choice.path, isReversed: choice.isReversed, start: start)
    let (order, cursor) = (order, start == nil ? cursor : nil)
    return forEachFitting(scan, most: program == nil ? most : .max) { record in
      if let cursor, order.compare(record, cursor) <= 0 { return true }
      left -= 1
      return body(record) && left > 0
    }
  }

  private func forEachSorted(_ most: Int, _ body: (MetadataRecord) -> Bool) -> Int {
    var best = BestRecords(order, most: most)
    let scan = RecordScan(state: state, path: choice.path, isReversed: false, start: nil)
    let (order, cursor) = (order, cursor)
    let examined = forEachFitting(scan, most: .max) { record in
      if cursor.map({ order.compare(record, $0) > 0 }) ?? true { best.add(record) }
      return true
    }
    for record in best.sorted() where !body(record) { break }
    return examined
  }

  /// Calls `body` with the records of a scan that fulfil the rest of the condition, until it returns false.
  ///
  /// - Returns: How many were read.
  private func forEachFitting(
    _ scan: RecordScan, most: Int, _ body: (MetadataRecord) -> Bool
  ) -> Int {
    var examined = 0
    // What a closure takes from here alone: all of `self` would be copied for each record.
    let (slots, program, repeats) = (slots, program, scan.repeatsRecords)
    unsafe slots.withRow { row in
      var last: RecordBlock?
      scan.forEachLeaf { leaf in
        guard leaf.prepare(most - examined) else { return true }
        for index in 0..<leaf.count {
          if repeats {
            let block = leaf[index].block
            if block === last { continue }
            last = block
          }
          examined += 1
          if let program {
            unsafe slots.load(leaf.place(index), row)
            guard unsafe program.accepts(row) else { continue }
          }
          guard body(leaf[index]) else { return false }
        }
        return true
      }
    }
    return examined
  }

  /// Where to begin in the path's own order; `nil` when records must be held against the cursor one by one.
  private var start: RecordScan.Start? {
    guard let cursor, let key = cursor.values.last ?? nil else { return nil }
    switch choice.path {
    case .keys: return RecordScan.Start(value: nil, key: key)
    case .found: return nil
    case .index(_, let ranges):
      let point = ranges.count == 1 ? ranges[0].point : nil
      if cursor.values.count == 1 { return RecordScan.Start(value: point, key: key) }
      guard let value = cursor.values[0], point.map({ $0.value.order(to: value) == 0 }) ?? true
      else { return nil }
      return RecordScan.Start(value: ValueRange.Bound(value, isInclusive: true), key: key)
    }
  }
}

extension QueryPlanner.Choice {
  /// Compiles the conditions that records are tested for.
  ///
  /// - Parameters:
  ///   - parameters: Values for open places.
  ///   - others: Fields that slots are needed for besides.
  /// - Returns: Where fields are in a row, and the conditions; `nil` when there are none.
  /// - Throws: `.invalid` or `.tooLarge` about a value of the query.
  func program(
    _ parameters: QueryParameters, others: [QueryField] = []
  ) throws(MetadataError) -> (FieldSlots, QueryProgram?) {
    guard !residual.isEmpty else { return (FieldSlots(others), nil) }
    let condition = residual.count == 1 ? residual[0] : .and(residual)
    var fields = others
    for field in condition.fields where !fields.contains(field) { fields.append(field) }
    let slots = FieldSlots(fields)
    let program = try ProgramBuilder.program(
      for: condition, parameters, slots: slots.byTerm, whole: slots.whole)
    return (slots, program)
  }

  /// What to show of it.
  func plan(of query: MetadataQuery) -> QueryPlan {
    let access: QueryPlan.Access =
      switch path {
      case .keys: answered.isEmpty ? .all : .keys
      case .index(let index, _): .index(index.definition)
      case .found: .search
      }
    return QueryPlan(
      collection: query.collection, access: access, answered: answered, residual: residual,
      ordering: isOrdered && !query.isGrouped ? .byAccess : .bySorting, isReversed: isReversed,
      estimated: estimated)
  }
}

extension MetadataQuery {
  /// The most results.
  func limit(_ parameters: QueryParameters) throws(MetadataError) -> Int {
    guard let limit else { return .max }
    return try Self.count(try parameters.value(of: limit))
  }

  /// The place behind which to begin.
  func cursor(_ parameters: QueryParameters, count: Int) throws(MetadataError) -> QueryCursor? {
    guard let cursor else { return nil }
    guard let text = try parameters.value(of: cursor).text else {
      throw .invalid("the query's cursor is no text; give the one of the page before")
    }
    return try QueryCursor(text, order: orderText, count: count)
  }

  /// What a cursor is checked against.
  var orderText: String {
    var query = MetadataQuery(from: collection)
    query.ordering = ordering
    query.grouping = grouping
    return query.description
  }
}
