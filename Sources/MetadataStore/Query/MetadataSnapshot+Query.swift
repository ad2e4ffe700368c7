extension MetadataSnapshot {
  /// Finds records by the words in their text, as a persistence provider does; `nil` when it cannot.
  public typealias Search = (_ words: String) throws(MetadataError) -> [String]?

  /// Runs a query.
  ///
  /// - Parameters:
  ///   - query: The query.
  ///   - parameters: Values for its open places.
  ///   - search: Finds keys of the query's collection by words, for `matches`: it must know every record of the snapshot. All text is
  ///     read when it is `nil` or returns `nil`.
  /// - Returns: Records or rows; none when there is no such collection.
  /// - Throws: `.invalid` or `.tooLarge` that says what is wrong with the query or a value, or what `search` throws.
  public func query(
    _ query: MetadataQuery, _ parameters: QueryParameters = QueryParameters(),
    search: Search? = nil
  ) throws(MetadataError) -> QueryResult {
    try query.validate()
    if query.isGrouped { return try groups(query, parameters, search) }
    let run = try RecordRun(query, parameters, state(of: query), search)
    var records: [MetadataRecord] = []
    if run.limit < .max { records.reserveCapacity(min(run.limit, run.choice.estimated) + 1) }
    let examined = run.forEach(mostBeyond: 1) { record in
      records.append(record)
      return true
    }
    let last = run.place(after: &records)
    var plan = run.choice.plan(of: query)
    (plan.examined, plan.returned) = (examined, records.count)
    let place = last.map { [order = run.order] record in
      { @Sendable in QueryCursor(record, in: order).text(order: query.orderText) }
    }
    guard !query.columns.isEmpty else {
      return QueryResult(records: records, plan: plan, place: place)
    }
    let rows = records.map { record in query.columns.map { $0.field?.value(of: record) } }
    return QueryResult(columns: query.columns, rows: rows, plan: plan, place: place)
  }

  /// Says how a query would be run.
  ///
  /// - Parameters:
  ///   - query: The query.
  ///   - parameters: Values for its open places.
  ///   - search: As of `query`.
  /// - Returns: The plan, without what only running it could tell.
  /// - Throws: As `query`.
  public func plan(
    for query: MetadataQuery, _ parameters: QueryParameters = QueryParameters(),
    search: Search? = nil
  ) throws(MetadataError) -> QueryPlan {
    try query.validate()
    if query.isGrouped {
      return try GroupRun(query, parameters, state(of: query), search).choice.plan(of: query)
    }
    return try RecordRun(query, parameters, state(of: query), search).choice.plan(of: query)
  }

  /// Calls `body` with the records that a query finds, in order, without collecting them unless they must be sorted.
  ///
  /// - Parameters:
  ///   - query: A query for records; its columns do not matter.
  ///   - parameters: Values for its open places.
  ///   - search: As of `query`.
  ///   - body: Returns whether to go on. No lock is held; it may call the store.
  /// - Returns: How it was done.
  /// - Throws: As `query`, and `.invalid` for a query for groups.
  @discardableResult
  public func forEach(
    _ query: MetadataQuery, _ parameters: QueryParameters = QueryParameters(),
    search: Search? = nil, _ body: (MetadataRecord) -> Bool
  ) throws(MetadataError) -> QueryPlan {
    try query.validate()
    guard !query.isGrouped else {
      throw .invalid("the query is for groups of records, and single records are asked; use query")
    }
    let run = try RecordRun(query, parameters, state(of: query), search)
    var plan = run.choice.plan(of: query)
    var returned = 0
    plan.examined = run.forEach { record in
      returned += 1
      return body(record)
    }
    plan.returned = returned
    return plan
  }

  private func groups(
    _ query: MetadataQuery, _ parameters: QueryParameters, _ search: Search?
  ) throws(MetadataError) -> QueryResult {
    let run = try GroupRun(query, parameters, state(of: query), search)
    let found = try run.run()
    var plan = run.choice.plan(of: query)
    (plan.examined, plan.returned) = (found.examined, found.rows.count)
    let place = found.last.map { last in
      { @Sendable in last.text(order: query.orderText) }
    }
    return QueryResult(columns: query.columns, rows: found.rows, plan: plan, place: place)
  }

  private func state(of query: MetadataQuery) -> CollectionState {
    root.collections[query.collection]
      ?? CollectionState(CollectionName.of(query.collection))
  }
}

extension RecordRun {
  /// Takes away what is beyond the limit.
  ///
  /// - Returns: The last record when there are more behind it.
  fileprivate func place(after records: inout [MetadataRecord]) -> MetadataRecord? {
    guard records.count > limit else { return nil }
    records.removeLast()
    return records.last
  }
}
