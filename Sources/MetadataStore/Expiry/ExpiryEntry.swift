/// A record that has a time to go.
struct ExpiryEntry {
  /// Nanoseconds since 1970-01-01 UTC.
  let moment: Int64
  let record: MetadataRecord
}
