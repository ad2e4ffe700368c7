import HostSupport

extension MetadataValue {
  /// A JSON document as a value, member for member: names that begin with `$` are names like others.
  init(document: JSON) {
    self =
      switch document {
      case .null: .null
      case .bool(let flag): .bool(flag)
      case .int(let number): .int(number)
      case .double(let number): .double(number)
      case .string(let text): .string(text)
      case .array(let elements): .list(elements.map { Self(document: $0) })
      case .object(let members): .map(members.mapValues { Self(document: $0) })
      }
  }

  /// The JSON document that a value is; dates and bytes stand in the store's lossless form.
  var document: JSON {
    switch self {
    case .double(let number): .double(number)
    case .list(let elements): .array(elements.map(\.document))
    case .map(let members): .object(members.mapValues(\.document))
    default: json
    }
  }
}
