import CDovetail
import CHostSupport
import MetadataStore

/// What a validator amends through: keeps what it says last of each write.
///
/// Threading: one call at a time.
@safe final class AmendmentCollector: @unchecked Sendable {
  // Safe: written by one call at a time, read after it.
  /// The struct to pass to the plugin. Valid as long as the collector.
  let amending: UnsafeMutablePointer<dvt_amending>
  /// The user of the entry that was called in the end; `nil` before. It lives as long as the call is pinned.
  var serving: UnsafeMutableRawPointer?
  /// What was amended, by place.
  private(set) var values: [Int: MetadataValue] = [:]
  private let writes: [ProposedWrite]

  /// Starts with nothing amended.
  ///
  /// - Parameter writes: What may be amended.
  init(_ writes: [ProposedWrite]) {
    self.writes = writes
    unsafe amending = .allocate(capacity: 1)
    unsafe amending.initialize(
      to: dvt_amending(
        struct_size: UInt32(MemoryLayout<dvt_amending>.size), abi_major: UInt16(DVT_ABI_MAJOR),
        abi_minor: UInt16(DVT_ABI_MINOR), context: nil,
        amend: { context, index, value in
          let side = hs_side_set(HS_SIDE_HOST)
          defer { _ = hs_side_set(side) }
          guard let context = unsafe context, let value = unsafe value else { return DVT_INVALID }
          return unsafe Unmanaged<AmendmentCollector>.fromOpaque(context).takeUnretainedValue()
            .amend(index, value.pointee)
        }))
    unsafe amending.pointee.context = Unmanaged.passUnretained(self).toOpaque()
  }

  deinit { unsafe amending.deallocate() }

  private func amend(_ index: UInt64, _ value: dvt_value) -> Int32 {
    guard let place = Int(exactly: index), writes.indices.contains(place),
      writes[place].new != nil
    else { return DVT_INVALID }
    do throws(ErrorReport) {
      values[place] = unsafe try MetadataReading.value(value).value
      return DVT_OK
    } catch {
      return error.code
    }
  }
}
