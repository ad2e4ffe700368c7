import HostSupport

/// What no second record of a collection may have: the values of the fields of one constraint.
///
/// Numbers of the same worth are the same: `1` and `1.0`.
public struct UniqueKey: Sendable, Hashable {
  /// In the order of the constraint's fields.
  public let values: [MetadataValue]

  /// The values as JSON, for messages: `"ada"`, or `"at", 5`.
  var words: String { values.map { $0.json.text() }.joined(separator: ", ") }
}

extension CollectionDefinition {
  /// The unique keys of a value, by the constraint's place in `unique`; those with a missing or null field do not count.
  public func uniqueKeys(of value: MetadataValue) -> [(constraint: Int, key: UniqueKey)] {
    uniqueKeys { $0.value(in: value) }
  }

  /// The same of a record, whose other fields are not decoded.
  func uniqueKeys(of record: MetadataRecord) -> [(constraint: Int, key: UniqueKey)] {
    record.withView { view in uniqueKeys { view.field($0)?.value } }
  }

  private func uniqueKeys(
    _ field: (FieldPath) -> MetadataValue?
  ) -> [(constraint: Int, key: UniqueKey)] {
    var result: [(constraint: Int, key: UniqueKey)] = []
    for (index, fields) in unique.enumerated() {
      var values: [MetadataValue] = []
      for path in fields {
        guard let value = field(path), value != .null else { break }
        values.append(value.byWorth)
      }
      if values.count == fields.count { result.append((index, UniqueKey(values: values))) }
    }
    return result
  }
}

extension MetadataValue {
  /// The value with doubles that are whole made integers, at every depth.
  fileprivate var byWorth: MetadataValue {
    switch self {
    case .double(let number): Int64(exactly: number).map { .int($0) } ?? self
    case .list(let elements): .list(elements.map(\.byWorth))
    case .map(let members): .map(members.mapValues(\.byWorth))
    default: self
    }
  }
}
