public import HostSupport
public import MetadataStore

extension MetadataDesk {
  /// A query as an operator asks it.
  public struct Question: Sendable {
    var text: String
    var parameters: JSON
    var cursor: String?
    var seen: Int

    /// Makes a question.
    ///
    /// - Parameters:
    ///   - text: The query.
    ///   - parameters: An array for `?`, or an object for `:name`.
    ///   - cursor: Of the page before.
    ///   - seen: How many records or rows the pages before had, which count against the query's limit.
    public init(_ text: String, parameters: JSON, cursor: String? = nil, seen: Int = 0) {
      self.text = text
      self.parameters = parameters
      self.cursor = cursor
      self.seen = seen
    }
  }

  /// Runs a query for one page of at most 1,000 records or rows.
  ///
  /// - Parameter question: The query.
  /// - Returns: As `QueryResult.json`.
  /// - Throws: `invalid` that says what is wrong with the query.
  public func query(_ question: Question) throws(OperationError) -> JSON {
    try Self.translating { () throws(MetadataError) in
      var query = try MetadataQuery(question.text)
      let parameters = try QueryParameters(json: question.parameters)
      if let cursor = question.cursor { query = query.after(cursor) }
      let asked = Self.limit(of: query, parameters)
      let left = max(0, asked - question.seen)
      query = query.limited(to: min(left, Self.pageRecords))
      let result = try store.query(query, parameters)
      guard case .object(var members) = result.json else { return result.json }
      if left <= Self.pageRecords { members["cursor"] = nil }
      return .object(members)
    }
  }

  /// Says how a query would be run.
  ///
  /// - Parameter question: The query.
  /// - Returns: The plan.
  /// - Throws: `invalid` that says what is wrong with the query.
  public func explain(_ question: Question) throws(OperationError) -> QueryPlanReport {
    try Self.translating { () throws(MetadataError) in
      let plan = try store.snapshot.plan(
        for: MetadataQuery(question.text), QueryParameters(json: question.parameters))
      return QueryPlanReport(text: plan.description, plan: plan.json)
    }
  }

  private static func limit(of query: MetadataQuery, _ parameters: QueryParameters) -> Int {
    let value: MetadataValue?
    switch query.limit {
    case nil: return .max
    case .value(let constant)?: value = constant
    case .name(let name)?: value = parameters.named[name]
    case .position(let place)?:
      value = parameters.positional.indices.contains(place) ? parameters.positional[place] : nil
    }
    guard case .int(let number)? = value else { return .max }
    return Int(clamping: number)
  }
}

extension QueryParameters {
  /// Reads values as JSON has them without loss.
  ///
  /// - Parameter json: An array for `?`, an object for `:name`, null for none.
  /// - Throws: `.invalid`.
  public init(json: JSON) throws(MetadataError) {
    self.init()
    switch json {
    case .null: break
    case .array(let values):
      for value in values { positional.append(try MetadataValue(json: value)) }
    case .object(let members):
      for (name, value) in members { named[name] = try MetadataValue(json: value) }
    default: throw .invalid("parameters are an array for ?, or an object for :name")
    }
  }
}
