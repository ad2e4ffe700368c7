import HostSupport

/// What an index of a collection finds records by.
public enum IndexDefinition: Sendable, Hashable {
  /// A field, in the order of its values.
  case field(FieldPath)
  /// Each text of a field that has a list of them.
  case tags(FieldPath)
  /// A text that many records share.
  case category(FieldPath)

  /// The field, whatever the kind.
  public var path: FieldPath {
    switch self {
    case .field(let path), .tags(let path), .category(let path): path
    }
  }

  /// The kind as the document says it: `field`, `tags` or `category`.
  public var kind: String {
    switch self {
    case .field: "field"
    case .tags: "tags"
    case .category: "category"
    }
  }

  /// Whether each element of a list has an entry of its own.
  var isByElement: Bool {
    if case .tags = self { return true }
    return false
  }

  var json: JSON { .object([kind: .string(path.description)]) }
}
