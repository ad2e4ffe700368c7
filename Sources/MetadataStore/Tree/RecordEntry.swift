/// A record's place among those of its collection.
struct RecordEntry: Sendable {
  /// `KeyWindow.digest` of its key.
  var digest: UInt64
  let record: MetadataRecord
}
