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
  /// See `MetadataRecord.collectionHash`.
  package let collectionHash: UInt64
}

extension MetadataRecord {
  /// The record's parts where they lie.
  package var lent: LentRecord {
    unsafe block.withUnsafeMutablePointers { header, elements in
      let keyCount = unsafe Int(header.pointee.keyCount)
      let name = unsafe header.pointee.collection
      return unsafe LentRecord(
        collection: name.bytes, key: UnsafeBufferPointer(start: elements, count: keyCount),
        value: PackedView(elements + keyCount), version: header.pointee.version,
        created: header.pointee.created, modified: header.pointee.modified,
        expires: header.pointee.expires, collectionHash: name.hash)
    }
  }
}
