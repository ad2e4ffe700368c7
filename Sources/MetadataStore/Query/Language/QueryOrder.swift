/// One of the terms that results are ordered by. What lacks the term comes first, in descending order last.
public struct QueryOrder: Sendable, Hashable {
  /// What is compared.
  public let term: QueryTerm
  /// Whether the greatest comes first.
  public let isDescending: Bool

  /// Orders by a term.
  public init(_ term: QueryTerm, isDescending: Bool = false) {
    self.term = term
    self.isDescending = isDescending
  }
}
