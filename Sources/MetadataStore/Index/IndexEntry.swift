/// A record's place in an index: one for its field, or one for each element of its list.
struct IndexEntry: Sendable {
  /// `SortKey.bits` of the value.
  let key: UInt64
  /// The element's place in its list, and in the lowest bit whether the key says all about the value.
  private let place: UInt32
  let record: MetadataRecord

  init(_ view: PackedView, ordinal: UInt32, of record: MetadataRecord) {
    let key = SortKey(view)
    self.key = key.bits
    place = ordinal << 1 | (key.isExact ? 1 : 0)
    self.record = record
  }

  var isExact: Bool { place & 1 == 1 }
  var ordinal: UInt32 { place >> 1 }
}
