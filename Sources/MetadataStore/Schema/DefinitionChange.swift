import HostSupport

/// What a new version of a definition means for the records that are there.
public enum DefinitionChange: Sendable, Equatable {
  /// It is the same definition.
  case unchanged
  /// Every record is one of the new version as it is.
  case compatible
  /// Every record is one of the new version once its defaults are filled in.
  case filling
  /// Records go through `CollectionDefinition.migrated`, and each is checked.
  case migrating

  /// Why a new version is refused.
  public enum Refusal: Error, Equatable, CustomStringConvertible {
    /// The version is not higher than that of the definition that is there.
    case notHigher(collection: String, version: Int, former: Int)
    /// Records of these versions need not fit, and no migration takes them.
    case incompatible(
      collection: String, version: Int, former: [Int], because: [Incompatibility])

    /// The whole in one line.
    public var description: String {
      switch self {
      case .notHigher(let collection, let version, let former) where version == former:
        "the definition of collection \(collection) is another one, but still version \(version); "
          + "make it version \(former + 1)"
      case .notHigher(let collection, let version, let former):
        "the definition of collection \(collection) is version \(former), and does not go back to "
          + "\(version); make it version \(former + 1)"
      case .incompatible(let collection, let version, let former, let reasons):
        "version \(version) of the definition of collection \(collection) is not compatible: "
          + reasons.prefix(8).map(\.description).joined(separator: "; ")
          + (reasons.count > 8 ? "; and \(reasons.count - 8) more" : "")
          + ". Records of version \(former.map(String.init).joined(separator: ", ")) need a "
          + "migration {\"from\": \(former.first ?? 0), \"steps\": […]}, without steps where every "
          + "record fits as it is"
      }
    }
  }
}

extension CollectionDefinition {
  /// What putting this definition in place of another means for the records that are there.
  ///
  /// What is judged compatible is so for every record that fits the former definition; what cannot be told is not.
  ///
  /// - Parameters:
  ///   - old: The definition that is there; `nil` for none, which counts as version 0.
  ///   - stored: The versions that the collection's records are of; none when it has no records.
  /// - Returns: What is to be done.
  /// - Throws: `DefinitionChange.Refusal`.
  public func change(
    from old: CollectionDefinition?, stored: Set<Int>
  ) throws(DefinitionChange.Refusal) -> DefinitionChange {
    if self == old { return .unchanged }
    let former = old?.version ?? 0
    guard version > former else {
      throw .notHigher(collection: collection, version: version, former: former)
    }
    if stored.isEmpty { return .compatible }
    if stored.allSatisfy({ !migrations(from: $0).isEmpty }) { return .migrating }
    let (reasons, needsFilling) = incompatibilities(with: old)
    guard reasons.isEmpty else {
      throw .incompatible(
        collection: collection, version: version,
        former: stored.filter { migrations(from: $0).isEmpty }.sorted(), because: reasons)
    }
    if stored.contains(where: { !migrations(from: $0).isEmpty }) { return .migrating }
    return needsFilling ? .filling : .compatible
  }

  /// Why a record that fits another definition need not fit this one.
  ///
  /// - Parameter old: The other; `nil` for none, which every record fits.
  /// - Returns: The reasons, and whether records may need defaults to be filled in.
  public func incompatibilities(
    with old: CollectionDefinition?
  ) -> (reasons: [Incompatibility], needsFilling: Bool) {
    var inclusion = SchemaInclusion(guarding: unique.flatMap { $0 } + references.map(\.field))
    inclusion.compare(old: old?.schema ?? .anything, new: schema ?? .anything)
    var reasons = inclusion.found
    for (index, fields) in unique.enumerated() {
      let isKept = (old?.unique ?? []).contains { Set($0).isSubset(of: fields) }
      if !isKept {
        reasons.append(
          .unchecked("/unique/\(index)", "is new, and records may have the same values there"))
      }
    }
    for reference in references where !(old?.references ?? []).contains(reference) {
      reasons.append(
        .unchecked(
          "/references/\(JSONPointer.escape(reference.field.description))",
          "is new, and records may name there what \(reference.collection) does not have"))
    }
    return (reasons, inclusion.needsFilling)
  }

  /// The migrations that a record of a version goes through, in order.
  public func migrations(from version: Int) -> [Migration] {
    migrations.filter { $0.from >= version }
  }
}

extension Incompatibility {
  fileprivate static func unchecked(_ pointer: String, _ reason: String) -> Incompatibility {
    Incompatibility(
      pointer: pointer, reason: reason,
      remedy: "give a migration without steps to have every record checked")
  }
}
