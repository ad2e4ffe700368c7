/// A question to one collection: which records, in which order, how many of them, or figures of groups of them.
///
/// It is made step by step, or read from text (`init(_:)`, the grammar is in QUERY.md); `description` is its text in canonical form.
public struct MetadataQuery: Sendable, Hashable {
  /// The collection's name.
  public var collection: String
  /// What is shown of each record or group; empty for whole records.
  public var columns: [QueryTerm] = []
  /// Which records; `nil` for all.
  public var condition: QueryCondition?
  /// What the records of one group have in common.
  public var grouping: [QueryField] = []
  /// Which groups; `nil` for all.
  public var groupCondition: QueryCondition?
  /// The order; what it leaves open is decided by the record's key, or by the group, in the direction of the last term.
  public var ordering: [QueryOrder] = []
  /// The most records or groups, 0 or more: an integer; `nil` for all.
  public var limit: QueryOperand?
  /// The cursor of the page before, which is text; `nil` for the first page.
  public var cursor: QueryOperand?

  /// Asks for all records of a collection.
  public init(from collection: String) {
    self.collection = collection
  }

  /// Whether figures are asked, not records.
  public var isGrouped: Bool {
    !grouping.isEmpty || groupCondition != nil || columns.contains(where: \.isAggregate)
  }
}

extension MetadataQuery {
  /// The most bytes of a query's text.
  public static let maximumBytes = 65_536
  /// The deepest nesting of conditions in parentheses and `not`, and of values.
  public static let maximumDepth = 32
  /// The most tests of a query.
  public static let mostTests = 1024
  /// The most values of one `in`.
  public static let mostChoices = 10_000
  /// The most columns, and the most terms that are ordered or grouped by.
  public static let mostTerms = 64
  /// The most groups of one result.
  public static let mostGroups = 1_000_000
  /// The most words of one `matches`.
  public static let mostWords = 32
}
