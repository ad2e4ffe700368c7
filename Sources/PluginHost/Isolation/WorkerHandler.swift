import CDovetail
import CHostSupport
import CWorkerLink

/// The handlers of isolated plugins.
enum WorkerHandler {
  /// The function by which a worker takes several events at once, where a handler stands for a worker's; else `nil`.
  static func batch(of handler: dvt_handler) -> hs_batch_handler? {
    let standsForWorker = unsafe unsafeBitCast(handler, to: Int.self)
    let proxy: dvt_handler = unsafe wl_on_event
    guard unsafe standsForWorker == unsafeBitCast(proxy, to: Int.self) else { return nil }
    let batch:
      @convention(c) (
        UnsafeMutableRawPointer?, UnsafePointer<UnsafePointer<dvt_event>?>?, UInt64,
        UnsafeMutablePointer<UInt64>?, UnsafePointer<dvt_error_sink>?
      ) -> Int32 = unsafe wl_on_events
    return unsafe unsafeBitCast(batch, to: hs_batch_handler.self)
  }
}
