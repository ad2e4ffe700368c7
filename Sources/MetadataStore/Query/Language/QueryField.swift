/// What a query looks at in a record.
public enum QueryField: Sendable, Hashable {
  /// A field of the value.
  case path(FieldPath)
  /// The record's name, as text: `$key`.
  case key
  /// How often it was changed, 1…: `$version`.
  case version
  /// The revision that created it: `$created`.
  case created
  /// The revision that changed it last: `$modified`.
  case modified
  /// When it expires, as a date; absent when it never does: `$expires`.
  case expires

  /// What is of the record itself, by its name in the text.
  static let ofRecord: [(name: String, field: QueryField)] = [
    ("$key", .key), ("$version", .version), ("$created", .created), ("$modified", .modified),
    ("$expires", .expires),
  ]
}
