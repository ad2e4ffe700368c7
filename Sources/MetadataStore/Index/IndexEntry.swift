/// A record's place in an index: one for its field, or one for each element of its list.
struct IndexEntry: Sendable {
  /// `SortKey.bits` of the value.
  let key: UInt64
  /// The element's place in its list, and in the lowest bit whether the key says all about the value.
  private let place: UInt32
  /// The upper half of `KeyWindow.digest` of the record's key.
  private(set) var keyDigest: UInt32
  let record: MetadataRecord

  init(_ view: PackedView, ordinal: UInt32, of record: MetadataRecord, _ window: KeyWindow) {
    let key = SortKey(view)
    self.key = key.bits
    place = ordinal << 1 | (key.isExact ? 1 : 0)
    self.record = record
    keyDigest = Self.digest(record, window)
  }

  private static func digest(_ record: MetadataRecord, _ window: KeyWindow) -> UInt32 {
    unsafe UInt32(truncatingIfNeeded: window.digest(record.block.key) >> 32)
  }

  /// Goes over to another window.
  mutating func adapt(_ window: KeyWindow) { keyDigest = Self.digest(record, window) }

  var isExact: Bool { place & 1 == 1 }
  var ordinal: UInt32 { place >> 1 }
}
