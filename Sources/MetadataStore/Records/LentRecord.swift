/// The parts of a record where they lie, for who hands them on without copying.
///
/// Lifetime: that of the record that lent them.
@safe package struct LentRecord {
  // Safe: a record's memory is immutable, and whoever has the parts holds the record.
  package let collection: UnsafeBufferPointer<UInt8>
  package let key: UnsafeBufferPointer<UInt8>
  package let value: PackedView
  package let version: UInt64
  package let created: UInt64
  package let modified: UInt64
  /// Nanoseconds since 1970-01-01 UTC; `Int64.max` for never.
  package let expires: Int64
}

extension MetadataRecord {
  /// The record's parts where they lie.
  package var lent: LentRecord {
    let header = block.header
    return unsafe LentRecord(
      collection: header.collection.bytes, key: block.key, value: block.view,
      version: header.version, created: header.created, modified: header.modified,
      expires: header.expires)
  }
}
