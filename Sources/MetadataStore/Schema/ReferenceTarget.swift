public import HostSupport

/// A record that another one names.
public struct ReferenceTarget: Sendable, Hashable {
  /// Its collection.
  public let collection: String
  /// Its key.
  public let key: String
}

extension CollectionDefinition {
  /// The records that a value names, by the reference's place in `references`; a missing or null field names none.
  ///
  /// - Throws: The first field that is neither a key nor a list of keys.
  public func referenceTargets(
    of value: MetadataValue
  ) throws(ValueSchema.Violation) -> [(reference: Int, target: ReferenceTarget)] {
    try referenceTargets { $0.value(in: value) }
  }

  /// The same of a record, whose other fields are not decoded.
  func referenceTargets(
    of record: MetadataRecord
  ) throws(ValueSchema.Violation) -> [(reference: Int, target: ReferenceTarget)] {
    try record.withView { (view) throws(ValueSchema.Violation) in
      try referenceTargets { view.field($0)?.value }
    }
  }

  private func referenceTargets(
    _ field: (FieldPath) -> MetadataValue?
  ) throws(ValueSchema.Violation) -> [(reference: Int, target: ReferenceTarget)] {
    var result: [(reference: Int, target: ReferenceTarget)] = []
    for (index, reference) in references.enumerated() {
      let found = field(reference.field) ?? .null
      var keys = [found]
      var pointer = reference.field.pointer
      if case .list(let elements) = found { keys = elements }
      for (place, key) in keys.enumerated() where key != .null {
        guard case .string(let text) = key else {
          if case .list = found { pointer += "/\(place)" }
          throw ValueSchema.Violation(
            pointer: pointer,
            reason: "must be the key of a record of \(reference.collection), not "
              + ValueCheck.found(key))
        }
        result.append((index, ReferenceTarget(collection: reference.collection, key: text)))
      }
    }
    return result
  }
}
