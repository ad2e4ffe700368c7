/// What says where a record stands in an index, most often without a look at the record.
struct IndexPlace: Sendable {
  /// `SortKey.bits` of the value.
  let key: UInt64
  /// The element's place in its list, and in the lowest bit whether the key says all about the value.
  private let bits: UInt32
  /// The upper half of `KeyWindow.digest` of the record's key.
  private(set) var keyDigest: UInt32

  /// The place of a record.
  ///
  /// - Parameters:
  ///   - view: The record's field, or an element of its list.
  ///   - ordinal: The element's place in the list; 0 for a field.
  ///   - record: The record.
  ///   - window: On keys.
  init(_ view: PackedView, ordinal: UInt32, of record: MetadataRecord, _ window: KeyWindow) {
    let key = SortKey(view)
    self.key = key.bits
    bits = ordinal << 1 | (key.isExact ? 1 : 0)
    keyDigest = Self.digest(record, window)
  }

  private static func digest(_ record: MetadataRecord, _ window: KeyWindow) -> UInt32 {
    unsafe UInt32(truncatingIfNeeded: window.digest(record.block.key) >> 32)
  }

  /// Goes over to another window.
  ///
  /// - Parameters:
  ///   - window: On keys.
  ///   - record: The record that it is the place of.
  mutating func adapt(_ window: KeyWindow, of record: MetadataRecord) {
    keyDigest = Self.digest(record, window)
  }

  var isExact: Bool { bits & 1 == 1 }
  var ordinal: UInt32 { bits >> 1 }
}
