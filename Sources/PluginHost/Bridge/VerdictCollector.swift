import CDovetail
import CHostSupport
import EventBus

/// The verdict that an interceptor speaks through: keeps what it says last.
///
/// Threading: one call at a time.
@safe final class VerdictCollector: @unchecked Sendable {
  // Safe: written by one call at a time, read after it; `event` is the exchange's, which outlives it.
  /// What an interceptor said.
  @safe enum Saying {
    case nothing
    /// A copy, whose one reference is whoever takes it.
    case event(UnsafeMutableRawPointer)
    case data([UInt8], contentType: String)
    case answer([UInt8])
  }

  /// The struct to pass to the plugin. Valid as long as the collector.
  let verdict: UnsafeMutablePointer<dvt_verdict>
  private let stage: UInt32
  private let event: UnsafePointer<dvt_event>?
  private var saying = Saying.nothing

  private static let largestReply: UInt64 = 64 << 20

  /// Starts with nothing said.
  ///
  /// - Parameters:
  ///   - stage: One of `DVT_STAGE_…`.
  ///   - event: What is judged, where that is an event.
  init(stage: UInt32, event: UnsafePointer<dvt_event>? = nil) {
    self.stage = stage
    unsafe self.event = unsafe event
    unsafe verdict = .allocate(capacity: 1)
    unsafe verdict.initialize(
      to: dvt_verdict(
        struct_size: UInt32(MemoryLayout<dvt_verdict>.size), abi_major: UInt16(DVT_ABI_MAJOR),
        abi_minor: UInt16(DVT_ABI_MINOR), context: nil,
        amend_event: { context, event in
          unsafe VerdictCollector.hear(context) { it throws(ErrorReport) in
            unsafe try it.amend(event)
          }
        },
        amend: { context, contentType, data in
          unsafe VerdictCollector.hear(context) { it throws(ErrorReport) in
            unsafe try it.amend(contentType, data)
          }
        },
        answer: { context, data in
          unsafe VerdictCollector.hear(context) { it throws(ErrorReport) in
            unsafe try it.answer(data)
          }
        }))
    unsafe verdict.pointee.context = Unmanaged.passUnretained(self).toOpaque()
  }

  deinit {
    say(.nothing)
    unsafe verdict.deallocate()
  }

  /// Takes what was said last.
  func take() -> Saying {
    defer { saying = .nothing }
    return saying
  }

  private static func hear(
    _ context: UnsafeMutableRawPointer?, _ body: (VerdictCollector) throws(ErrorReport) -> Void
  ) -> Int32 {
    let side = hs_side_set(HS_SIDE_HOST)
    defer { _ = hs_side_set(side) }
    guard let context = unsafe context else { return DVT_INVALID }
    do throws(ErrorReport) {
      try body(unsafe Unmanaged<VerdictCollector>.fromOpaque(context).takeUnretainedValue())
      return DVT_OK
    } catch {
      return error.code
    }
  }

  private func say(_ next: Saying) {
    if case .event(let copy) = saying { unsafe EventCopy.layout.release(copy) }
    saying = next
  }

  private func amend(_ given: UnsafePointer<dvt_event>?) throws(ErrorReport) {
    guard let original = unsafe event, let given = unsafe given else {
      throw ErrorReport(DVT_INVALID, "only an event can be amended so")
    }
    var amended = try unsafe EventsInterface.read(given)
    unsafe amended.source = unsafe original.pointee.source
    unsafe amended.type = unsafe original.pointee.type
    unsafe amended.sequence = unsafe original.pointee.sequence
    unsafe amended.attempt = unsafe original.pointee.attempt
    unsafe amended.flags = unsafe original.pointee.flags
    try unsafe EventsInterface.checkBounds(amended)
    guard let copy = unsafe EventCopy.layout.copy(&amended) else {
      throw ErrorReport(DVT_FULL, "no memory for the event")
    }
    unsafe say(.event(unsafe copy))
  }

  private func amend(_ contentType: dvt_str, _ data: dvt_bytes) throws(ErrorReport) {
    guard stage != DVT_STAGE_EVENT else {
      throw ErrorReport(DVT_INVALID, "an event is amended by amend_event")
    }
    let largest = stage == DVT_STAGE_REQUEST ? ServiceCaller.largest : Self.largestReply
    guard unsafe data.len <= largest else { throw ErrorReport(DVT_TOO_LARGE, "too many bytes") }
    say(.data(unsafe data.array, contentType: unsafe contentType.text))
  }

  private func answer(_ data: dvt_bytes) throws(ErrorReport) {
    guard unsafe data.len <= Self.largestReply else {
      throw ErrorReport(DVT_TOO_LARGE, "too many bytes")
    }
    say(.answer(unsafe data.array))
  }
}
