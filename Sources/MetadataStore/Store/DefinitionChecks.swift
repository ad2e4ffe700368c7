/// What a store asks before a definition counts: whether the records fit it.
struct DefinitionChecks: DraftChecks {
  let redefinition: Redefinition
  /// All records of the collection, as they were.
  let records: [MetadataRecord]
  let catalog: Catalog
  /// Nanoseconds since 1970-01-01 UTC.
  let now: Int64

  func prepare(_ write: MetadataWrite) throws(MetadataError) -> Draft.Amendment {
    Draft.Amendment(expires: write.expiry.moment(now, ttl: nil))
  }

  func review(_ changes: [MetadataChange]) throws(MetadataError) -> [Int: PackedValue] { [:] }

  func bound(
    _ changes: [MetadataChange], _ others: inout [String: Usage]
  ) throws(MetadataError) {}

  var hasConstraints: Bool { true }

  func admit(_ changes: [MetadataChange], _ draft: Draft) throws(MetadataError) {
    // There are none when its conditions do not hold.
    guard !changes.isEmpty else { return }
    let pairs = records.map { ($0, draft.current($0.collection, $0.key) ?? $0) }
    try catalog.define(redefinition, records: pairs, draft.current)
  }
}
