/// Records and bytes of memory, or how they change.
struct Usage: Equatable {
  var records = 0
  var bytes = 0

  /// What a change of one record makes of it.
  init(_ change: MetadataChange) {
    records = (change.isRemoval ? 0 : 1) - (change.previous == nil ? 0 : 1)
    bytes =
      (change.isRemoval ? 0 : change.record.block.footprint)
      - (change.previous?.block.footprint ?? 0)
  }

  /// What there is.
  init(records: Int = 0, bytes: Int = 0) {
    self.records = records
    self.bytes = bytes
  }

  static func += (left: inout Usage, right: Usage) {
    left.records += right.records
    left.bytes += right.bytes
  }

  static func + (left: Usage, right: Usage) -> Usage {
    Usage(records: left.records + right.records, bytes: left.bytes + right.bytes)
  }
}
