public import HostSupport

/// What a query found.
public struct QueryResult: Sendable {
  /// The records, in order; empty when the query selects columns.
  public let records: [MetadataRecord]
  /// What each row shows; empty when whole records are asked.
  public let columns: [QueryTerm]
  /// For each record or group the values of the columns, in order; `nil` for what a record lacks.
  public let rows: [[MetadataValue?]]
  /// How it was done.
  public let plan: QueryPlan
  private let place: (@Sendable () -> String)?

  init(
    records: [MetadataRecord] = [], columns: [QueryTerm] = [], rows: [[MetadataValue?]] = [],
    plan: QueryPlan, place: (@Sendable () -> String)?
  ) {
    self.records = records
    self.columns = columns
    self.rows = rows
    self.plan = plan
    self.place = place
  }

  /// What `after` of the same query needs for the next page; `nil` when there is none.
  public var cursor: String? { place?() }

  /// The result as a JSON object: `records` or `columns` and `rows`, `cursor` when there is a next page, and `plan`.
  public var json: JSON {
    var members: [String: JSON] = ["plan": plan.json]
    if columns.isEmpty {
      members["records"] = .array(records.map(\.queryJSON))
    } else {
      members["columns"] = .array(columns.map { .string($0.description) })
      members["rows"] = .array(
        rows.map { row in .object(Self.members(columns, row)) })
    }
    if let cursor { members["cursor"] = .string(cursor) }
    return .object(members)
  }

  private static func members(
    _ columns: [QueryTerm], _ row: [MetadataValue?]
  ) -> [String: JSON] {
    var members: [String: JSON] = [:]
    for (column, value) in zip(columns, row) { members[column.description] = value?.json }
    return members
  }
}

extension MetadataRecord {
  /// The record as a JSON object: `key`, `version`, `created`, `modified`, `expires` when it does, and `value`.
  fileprivate var queryJSON: JSON {
    var members: [String: JSON] = [
      "key": .string(key), "version": .int(Int64(clamping: version)),
      "created": .int(Int64(clamping: created)), "modified": .int(Int64(clamping: modified)),
      "value": value.json,
    ]
    if let expires { members["expires"] = MetadataValue.date(nanoseconds: expires).json }
    return .object(members)
  }
}
