import CDovetail
import CHostSupport

/// A sink that keeps what a plugin writes, up to a bound.
///
/// Threading: one call at a time.
@safe final class ReplyCollector: @unchecked Sendable {
  // Safe: written by one call at a time, read after it.
  /// The sink to pass to the plugin. Valid as long as the collector.
  let sink: UnsafeMutablePointer<dvt_sink>
  /// What was written.
  private(set) var bytes: [UInt8] = []
  private let limit: Int
  private let isOver: (@Sendable () -> Bool)?

  /// Starts empty.
  ///
  /// - Parameters:
  ///   - limit: Most bytes that are taken; a write beyond it answers DVT_TOO_LARGE.
  ///   - isOver: Whether nobody wants them any more; a write answers DVT_GONE then.
  init(limit: Int = 64 << 20, until isOver: (@Sendable () -> Bool)? = nil) {
    self.limit = limit
    self.isOver = isOver
    unsafe sink = .allocate(capacity: 1)
    unsafe sink.initialize(
      to: dvt_sink(
        struct_size: UInt32(MemoryLayout<dvt_sink>.size), abi_major: UInt16(DVT_ABI_MAJOR),
        abi_minor: UInt16(DVT_ABI_MINOR), context: nil,
        write: { context, pointer, length in
          let side = hs_side_set(HS_SIDE_HOST)
          defer { _ = hs_side_set(side) }
          guard let context = unsafe context else { return DVT_INVALID }
          let collector = unsafe Unmanaged<ReplyCollector>.fromOpaque(context).takeUnretainedValue()
          return unsafe collector.take(dvt_bytes(ptr: pointer, len: length))
        }))
    unsafe sink.pointee.context = Unmanaged.passUnretained(self).toOpaque()
  }

  deinit { unsafe sink.deallocate() }

  private func take(_ more: dvt_bytes) -> Int32 {
    if isOver?() == true { return DVT_GONE }
    guard unsafe more.len <= UInt64(limit - bytes.count) else { return DVT_TOO_LARGE }
    unsafe bytes.append(contentsOf: more.array)
    return DVT_OK
  }
}
