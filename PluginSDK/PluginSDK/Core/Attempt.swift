package import CDovetail

/// Makes one call of the ABI with an error sink and turns a failing code into the error that the host reported.
///
/// - Parameter call: Returns the code.
/// - Returns: `DVT_OK` or `DVT_PENDING`.
/// - Throws: The host's error, or one made from the code.
@discardableResult
@inline(__always)
package func attempt(_ call: (UnsafePointer<dvt_error_sink>) -> Int32) throws(PluginError) -> Int32
{
  var captured: UnsafeMutableRawPointer?
  let code = unsafe withUnsafeMutablePointer(to: &captured) { slot in
    var sink = unsafe dvt_error_sink.headed()
    unsafe sink.context = UnsafeMutableRawPointer(slot)
    unsafe sink.report = CapturedError.capture
    return unsafe call(&sink)
  }
  if code == DVT_OK, unsafe captured == nil { return code }
  return unsafe try CapturedError.settle(code, captured)
}

/// What the host reported in a call, until the call has returned. It is made only when something is reported.
private final class CapturedError {
  let error: PluginError

  init(_ error: PluginError) { self.error = error }

  /// Keeps a report in the pointer that the sink's context points at, in place of an earlier one.
  static let capture: @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<dvt_error>?) -> Void =
    { context, error in
      guard let slot = unsafe context?.assumingMemoryBound(to: UnsafeMutableRawPointer?.self),
        let error = unsafe error
      else { return }
      _ = unsafe take(slot.pointee)
      unsafe slot.pointee = Unmanaged.passRetained(CapturedError(PluginError(error.pointee)))
        .toOpaque()
    }

  private static func take(_ captured: UnsafeMutableRawPointer?) -> PluginError? {
    unsafe captured.map { unsafe Unmanaged<CapturedError>.fromOpaque($0).takeRetainedValue().error }
  }

  /// Turns a code, and what was reported with it, into the call's result.
  @inline(never)
  static func settle(
    _ code: Int32, _ captured: UnsafeMutableRawPointer?
  ) throws(PluginError) -> Int32 {
    let reported = unsafe take(captured)
    guard code != DVT_OK, code != DVT_PENDING else { return code }
    let kind = PluginError.Code(rawValue: code)
    guard let reported else { throw PluginError(kind, kind.name, domain: "dovetail") }
    throw PluginError(
      kind, reported.message, domain: reported.domain, isRetryable: reported.isRetryable)
  }
}

/// Runs a callback of the plugin's; what it throws becomes a code and a report, because nothing unwinds into the host.
///
/// - Parameters:
///   - sink: The host's; may be `nil`.
///   - body: The plugin's code.
/// - Returns: `DVT_OK` or the error's code.
@inline(__always)
package func guarded(
  _ sink: UnsafePointer<dvt_error_sink>?, _ body: () throws(PluginFailure) -> Void
) -> Int32 {
  do {
    try body()
    return DVT_OK
  } catch {
    return unsafe failed(error, sink)
  }
}

/// Reports what a callback threw.
@inline(never)
private func failed(
  _ error: PluginFailure, _ sink: UnsafePointer<dvt_error_sink>?
) -> Int32 {
  let failure = PluginError(reporting: error)
  unsafe failure.report(to: sink)
  return failure.code.rawValue == DVT_OK ? DVT_FAILED : failure.code.rawValue
}

extension PluginError {
  /// A copy of what the host reported.
  init(_ error: dvt_error) {
    unsafe self.init(
      Code(rawValue: error.code), error.message.string, domain: error.domain.string,
      isRetryable: error.retryable != 0)
  }

  /// Hands the error to the host.
  package func report(to sink: UnsafePointer<dvt_error_sink>?) {
    guard let sink = unsafe sink, let report = unsafe sink.pointee.report else { return }
    unsafe message.borrowed { message in
      unsafe domain.borrowed { domain in
        var error = unsafe dvt_error.headed()
        unsafe error.code = code.rawValue
        unsafe error.retryable = isRetryable ? 1 : 0
        unsafe error.message = unsafe message
        unsafe error.domain = unsafe domain
        unsafe report(sink.pointee.context, &error)
      }
    }
  }
}
