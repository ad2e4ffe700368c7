package import CDovetail

/// Makes one call of the ABI with an error sink and turns a failing code into the error that the host reported.
///
/// - Parameter call: Returns the code.
/// - Returns: `DVT_OK` or `DVT_PENDING`.
/// - Throws: The host's error, or one made from the code.
@discardableResult
package func attempt(_ call: (UnsafePointer<dvt_error_sink>) -> Int32) throws(PluginError) -> Int32
{
  var captured: PluginError?
  let code = unsafe withUnsafeMutablePointer(to: &captured) { slot in
    var sink = unsafe dvt_error_sink.headed()
    unsafe sink.context = UnsafeMutableRawPointer(slot)
    unsafe sink.report = { context, error in
      guard let context = unsafe context, let error = unsafe error else { return }
      unsafe context.assumingMemoryBound(to: PluginError?.self).pointee = PluginError(error.pointee)
    }
    return unsafe call(&sink)
  }
  guard code != DVT_OK, code != DVT_PENDING else { return code }
  let kind = PluginError.Code(rawValue: code)
  guard let captured else { throw PluginError(kind, kind.name, domain: "dovetail") }
  throw PluginError(
    kind, captured.message, domain: captured.domain, isRetryable: captured.isRetryable)
}

/// Runs a callback of the plugin's; what it throws becomes a code and a report, because nothing unwinds into the host.
///
/// - Parameters:
///   - sink: The host's; may be `nil`.
///   - body: The plugin's code.
/// - Returns: `DVT_OK` or the error's code.
func guarded(
  _ sink: UnsafePointer<dvt_error_sink>?, _ body: () throws(PluginFailure) -> Void
) -> Int32 {
  do {
    try body()
    return DVT_OK
  } catch {
    let failure = PluginError(reporting: error)
    unsafe failure.report(to: sink)
    return failure.code.rawValue == DVT_OK ? DVT_FAILED : failure.code.rawValue
  }
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
