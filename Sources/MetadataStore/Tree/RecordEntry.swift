/// A record's place among those of its collection.
struct RecordEntry: Sendable {
  /// `KeyWindow.digest` of its key.
  var digest: UInt64
  let record: MetadataRecord

  /// Compares an entry's key with another one, looking at the record only when it must.
  @inline(__always)
  static func order(
    _ entry: UnsafePointer<RecordEntry>, _ digest: UInt64, _ key: UnsafeBufferPointer<UInt8>
  ) -> Int {
    let own = unsafe entry.pointee.digest
    if own != digest { return own < digest ? -1 : 1 }
    return unsafe RecordBlock.compareKey(of: entry.pointee.record, to: key)
  }
}
