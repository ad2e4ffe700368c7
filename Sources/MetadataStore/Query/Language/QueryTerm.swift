/// What a query tests, selects or orders by: something of a record, or a figure of a group.
public enum QueryTerm: Sendable, Hashable {
  /// Something of each record.
  case record(QueryField)
  /// A figure of each group.
  case aggregate(QueryAggregate)

  /// The record's key.
  public static let key = QueryTerm.record(.key)
  /// The record's version.
  public static let version = QueryTerm.record(.version)
  /// The revision that created the record.
  public static let created = QueryTerm.record(.created)
  /// The revision that changed the record last.
  public static let modified = QueryTerm.record(.modified)
  /// The date at which the record expires.
  public static let expires = QueryTerm.record(.expires)
  /// How many records there are.
  public static let count = QueryTerm.aggregate(QueryAggregate(.count))

  /// A field of the value.
  ///
  /// - Parameter names: Names of maps, from the outermost inwards: `.field("address", "city")`.
  /// - Returns: The term.
  public static func field(_ names: String...) -> QueryTerm {
    .record(.path(FieldPath(names: names)))
  }

  /// A field of the value.
  public static func field(_ path: FieldPath) -> QueryTerm { .record(.path(path)) }

  /// How many records have a field.
  public static func count(_ names: String...) -> QueryTerm { aggregate(.count, names) }

  /// The sum of a field's numbers.
  public static func sum(_ names: String...) -> QueryTerm { aggregate(.sum, names) }

  /// The mean of a field's numbers.
  public static func average(_ names: String...) -> QueryTerm { aggregate(.average, names) }

  /// The least value of a field.
  public static func minimum(_ names: String...) -> QueryTerm { aggregate(.minimum, names) }

  /// The greatest value of a field.
  public static func maximum(_ names: String...) -> QueryTerm { aggregate(.maximum, names) }

  /// A percentile of a field's numbers.
  ///
  /// - Parameters:
  ///   - percent: 0…100.
  ///   - names: Names of maps, from the outermost inwards.
  /// - Returns: The term.
  public static func percentile(_ percent: Int, _ names: String...) -> QueryTerm {
    aggregate(.percentile(percent), names)
  }

  private static func aggregate(
    _ function: QueryAggregate.Function, _ names: [String]
  ) -> QueryTerm {
    .aggregate(QueryAggregate(function, of: .path(FieldPath(names: names))))
  }

  /// What of a record it is or is made of.
  var field: QueryField? {
    switch self {
    case .record(let field): field
    case .aggregate(let aggregate): aggregate.field
    }
  }

  var isAggregate: Bool {
    if case .aggregate = self { return true }
    return false
  }
}
