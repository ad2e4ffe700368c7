/// Holds writes against definitions as a store would, one after the other, and writes nothing.
///
/// What depends on other records is not looked at: unique fields, references, quotas, and what validators say.
public struct DryWriting {
  private let snapshot: MetadataSnapshot
  private var catalog: CollectionCatalog

  /// Begins with the definitions and records that a store has now.
  public init(_ store: MetadataStore) {
    snapshot = store.snapshot
    catalog = CollectionCatalog(of: snapshot)
  }

  /// Checks a write; a definition counts for the writes behind it.
  ///
  /// - Parameter write: Of one record.
  /// - Throws: `.invalid` or `.tooLarge`, as the store would; a definition that was refused does not count.
  public mutating func take(_ write: MetadataWrite) throws(MetadataError) {
    try write.validate()
    guard case .put(let value) = write.action else { return }
    guard write.collection == CollectionDefinition.reserved else {
      guard let definition = catalog[write.collection] else { return }
      _ = try WriteCheck.prepared(value, definition, write.key)
      return
    }
    let kept = snapshot.get(write.collection, write.key)?.value
    let document = value.value
    guard document != kept else { return }
    let old = catalog[write.key]
    let redefinition = try Redefinition(
      of: write.key, document: document, from: old, kept: kept,
      isEmpty: snapshot.count(in: write.key) == 0)
    guard let new = redefinition.new else { return }
    try Self.hold(new, against: snapshot, from: old)
    catalog.set(new, of: write.key)
  }

  /// Refuses a definition that records do not fit which are there already.
  private static func hold(
    _ new: CollectionDefinition, against snapshot: MetadataSnapshot,
    from old: CollectionDefinition?
  ) throws(MetadataError) {
    guard new != old else { return }
    let report = new.report(on: snapshot, from: old, atMost: 1)
    guard let misfit = report.first.first else { return }
    throw .invalid(
      "\(new.collection)/\(misfit.key), which is there, would not fit version \(new.version) of the "
        + "definition: \(misfit.reasons.joined(separator: "; "))")
  }
}
