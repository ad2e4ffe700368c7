/// How large an index is.
public struct IndexSize: Sendable, Equatable {
  /// The collection's name.
  public let collection: String
  /// The index.
  public let index: IndexDefinition
  /// Entries: one for each record that has the field, or for each element of its list.
  public let entries: Int
}
