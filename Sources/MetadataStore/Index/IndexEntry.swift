/// A record's place in an index: one for its field, or one for each element of its list.
struct IndexEntry: Sendable {
  private(set) var place: IndexPlace
  let record: MetadataRecord

  init(_ place: IndexPlace, _ record: MetadataRecord) {
    self.place = place
    self.record = record
  }

  /// Goes over to another window.
  mutating func adapt(_ window: KeyWindow) { place.adapt(window, of: record) }
}
