import CDovetail
import CHostSupport

/// A sink that keeps the last error a plugin reported, for the host to read after the call.
///
/// Threading: belongs to one thread; a thread's slot holds one for ever.
@safe final class ErrorCollector {
  /// The sink to pass to plugins. Valid as long as the collector.
  let sink: UnsafeMutablePointer<dvt_error_sink>
  private var last: ErrorReport?

  /// Longest message kept, in bytes.
  private static let longest = 4096

  init() {
    unsafe sink = .allocate(capacity: 1)
    unsafe sink.initialize(
      to: dvt_error_sink(
        struct_size: UInt32(MemoryLayout<dvt_error_sink>.size), abi_major: UInt16(DVT_ABI_MAJOR),
        abi_minor: UInt16(DVT_ABI_MINOR), context: nil,
        report: { context, error in
          let side = hs_side_set(HS_SIDE_HOST)
          defer { _ = hs_side_set(side) }
          guard let context = unsafe context, let error = unsafe error else { return }
          unsafe Unmanaged<ErrorCollector>.fromOpaque(context).takeUnretainedValue()
            .keep(error.pointee)
        }))
    unsafe sink.pointee.context = Unmanaged.passUnretained(self).toOpaque()
  }

  deinit { unsafe sink.deallocate() }

  private func keep(_ error: dvt_error) {
    var text = unsafe error.message
    unsafe text.len = min(text.len, UInt64(Self.longest))
    last = unsafe ErrorReport(error.code, text.text, retryable: error.retryable != 0)
  }

  /// Takes what was reported since the last time.
  func take() -> ErrorReport? {
    defer { last = nil }
    return last
  }

  /// Why an interceptor refused the event that this thread publishes.
  private var refusal: String?

  /// Keeps an interceptor's refusal for who published.
  func keep(refusal: String) { self.refusal = refusal }

  /// Takes the last refusal.
  func takeRefusal() -> String? {
    defer { refusal = nil }
    return refusal
  }

  /// The collector of the calling thread's slot.
  static var ofThread: ErrorCollector? {
    guard let sink = unsafe hs_thread_error_sink() else { return nil }
    guard
      let context = unsafe sink.assumingMemoryBound(to: dvt_error_sink.self).pointee.context
    else { return nil }
    return unsafe Unmanaged<ErrorCollector>.fromOpaque(context).takeUnretainedValue()
  }

  /// Gives every slot a collector from now on. Call once, before the first slot is claimed.
  static let installed: Void = {
    unsafe hs_slots_on_create { slot in
      let collector = ErrorCollector()
      unsafe hs_slot_set_error_sink(slot, collector.sink)
      _ = unsafe Unmanaged.passRetained(collector)
    }
  }()
}
