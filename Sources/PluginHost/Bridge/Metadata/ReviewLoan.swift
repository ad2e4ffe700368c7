import CDovetail
import MetadataStore

/// Lends the writes of a transaction to a validator as C structs, for as long as the loan lives.
@safe final class ReviewLoan {
  // Safe: everything that is pointed at lies in `writes`, in `values`, or in memory of the loan's own.
  /// The struct to pass to the plugin; its snapshot is still to be named.
  let review: UnsafeMutablePointer<dvt_review>
  private let proposals: UnsafeMutableBufferPointer<dvt_proposal>
  private let records: UnsafeMutableBufferPointer<dvt_record>
  private let values: UnsafeMutableBufferPointer<dvt_value>
  private let fields: UnsafeMutableBufferPointer<dvt_field>
  private let names: UnsafeMutableBufferPointer<UInt8>
  private let writes: [ProposedWrite]
  private let packed: [PackedValue]

  /// Lends writes.
  ///
  /// - Parameters:
  ///   - writes: At least one.
  ///   - revision: Of the snapshot that goes with them.
  init(_ writes: [ProposedWrite], revision: UInt64) {
    self.writes = writes
    packed = writes.map { PackedValue($0.new ?? .null) }
    unsafe proposals = .allocate(capacity: writes.count)
    unsafe records = .allocate(capacity: writes.count)
    unsafe values = .allocate(capacity: writes.count)
    var count = 0
    var bytes = 0
    for (write, value) in zip(writes, packed) {
      count += value.withView { FieldLoan.count($0) }
      count += write.old.map { FieldLoan.count($0.lent.value) } ?? 0
      bytes += write.collection.utf8.count + write.key.utf8.count
    }
    unsafe fields = .allocate(capacity: count)
    unsafe names = .allocate(capacity: bytes)
    unsafe review = .allocate(capacity: 1)
    unsafe review.initialize(
      to: dvt_review(
        struct_size: UInt32(MemoryLayout<dvt_review>.size), abi_major: UInt16(DVT_ABI_MAJOR),
        abi_minor: UInt16(DVT_ABI_MINOR), proposals: UnsafePointer(proposals.baseAddress),
        proposal_count: UInt64(writes.count), snapshot: dvt_handle(), revision: revision))
    fill()
  }

  deinit {
    unsafe review.deallocate()
    unsafe proposals.deallocate()
    unsafe records.deallocate()
    unsafe values.deallocate()
    unsafe fields.deallocate()
    unsafe names.deallocate()
  }

  private func fill() {
    var loan = unsafe FieldLoan(fields)
    var free = 0
    for (place, write) in writes.enumerated() {
      let record = unsafe records.baseAddress.map { unsafe $0 + place }
      let value = unsafe values.baseAddress.map { unsafe $0 + place }
      let collection = unsafe lend(write.collection, &free)
      let key = unsafe lend(write.key, &free)
      if let old = write.old, let record = unsafe record {
        unsafe record.initialize(to: RecordLoan(old).head)
        _ = unsafe loan.write(old.lent.value, to: &record.pointee.value)
      }
      if write.new != nil, let value = unsafe value {
        packed[place].withView { view in _ = unsafe loan.write(view, to: value) }
      }
      unsafe proposals.initializeElement(
        at: place,
        to: dvt_proposal(
          collection: collection, key: key, record: write.old == nil ? nil : UnsafePointer(record),
          value: write.new == nil ? nil : UnsafePointer(value)))
    }
  }

  private func lend(_ text: String, _ free: inout Int) -> dvt_str {
    let start = free
    for byte in text.utf8 {
      unsafe names[free] = byte
      free += 1
    }
    return unsafe dvt_str(UnsafeBufferPointer(rebasing: names[start..<free]))
  }
}
