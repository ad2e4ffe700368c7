/// A field whose text is the key of a record of some collection, or a list of such texts.
public struct Reference: Sendable, Equatable {
  /// The field.
  public let field: FieldPath
  /// The collection that the records named are in; it may be the same one.
  public let collection: String
}
