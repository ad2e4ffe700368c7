import CDovetail
import MetadataStore

/// Lends a record of the store to a plugin as C structs: names, text and bytes where the record has them, the rest on the stack.
@safe struct RecordLoan {
  /// Fields that have room on the stack: in 1 KiB.
  private static let small = 14

  private let record: MetadataRecord
  private let lent: LentRecord
  private let revision: UInt64
  private let flags: UInt32
  private let isDeleted: Bool

  /// Lends a record as it is.
  init(_ record: MetadataRecord) {
    self.record = record
    lent = record.lent
    revision = lent.modified
    flags = 0
    isDeleted = false
  }

  /// Lends a record as a change of it left it.
  ///
  /// - Parameters:
  ///   - change: The change.
  ///   - hasLeft: Whether it is no longer among those that are watched.
  init(_ change: MetadataChange, hasLeft: Bool = false) {
    record = change.record
    lent = record.lent
    revision = change.revision
    flags =
      (change.kind == .expired ? DVT_RECORD_EXPIRED : 0) | (hasLeft ? DVT_RECORD_LEFT : 0)
    isDeleted = change.isRemoval
  }

  /// See `MetadataRecord.collectionHash`.
  var collectionHash: UInt64 { lent.collectionHash }

  /// The record without its value; for as long as the record is held.
  @inline(__always)
  var head: dvt_record {
    unsafe dvt_record(
      struct_size: UInt32(MemoryLayout<dvt_record>.size), abi_major: UInt16(DVT_ABI_MAJOR),
      abi_minor: UInt16(DVT_ABI_MINOR), collection: dvt_str(lent.collection),
      key: dvt_str(lent.key), value: dvt_value(), version: lent.version, created: lent.created,
      modified: lent.modified, deleted: isDeleted ? 1 : 0, flags: flags, expires: lent.expires,
      revision: revision)
  }

  /// Shows the record to `body`, which must not keep it.
  @inline(__always)
  func lend<Result>(_ body: (UnsafePointer<dvt_record>) -> Result) -> Result {
    defer { withExtendedLifetime(record) {} }
    var raw = unsafe head
    if isDeleted { return unsafe body(&raw) }
    return unsafe withUnsafeTemporaryAllocation(of: dvt_field.self, capacity: Self.small) {
      var fields = unsafe FieldLoan(unsafe $0)
      if unsafe fields.write(lent.value, to: &raw.value) { return unsafe body(&raw) }
      let count = FieldLoan.count(lent.value)
      let large = UnsafeMutableBufferPointer<dvt_field>.allocate(capacity: count)
      defer { unsafe large.deallocate() }
      fields = unsafe FieldLoan(unsafe large)
      _ = unsafe fields.write(lent.value, to: &raw.value)
      return unsafe body(&raw)
    }
  }
}

extension dvt_str {
  /// Lends bytes that are UTF-8.
  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    unsafe self.init(ptr: bytes.baseAddress, len: UInt64(bytes.count))
  }
}
