import CBridge
import CDovetail

/// What a plugin reported, or the host reports to a plugin.
struct ErrorReport: Error, Sendable {
  var code: Int32
  var message: String
  var retryable = false

  init(_ code: Int32, _ message: String, retryable: Bool = false) {
    self.code = code
    self.message = message
    self.retryable = retryable
  }

  /// Shows the report to a plugin's sink, when it passed one.
  ///
  /// - Returns: The code, for the caller to return.
  func report(to sink: UnsafePointer<dvt_error_sink>?) -> Int32 {
    guard let sink = unsafe sink, unsafe sink.pointee.report != nil else { return code }
    unsafe withText(message) { message in
      Self.domain.withUTF8Buffer { domain in
        var error = unsafe dvt_error(
          struct_size: UInt32(MemoryLayout<dvt_error>.size), abi_major: UInt16(DVT_ABI_MAJOR),
          abi_minor: UInt16(DVT_ABI_MINOR), code: code, retryable: retryable ? 1 : 0,
          domain: dvt_str(ptr: domain.baseAddress, len: UInt64(domain.count)), message: message)
        unsafe br_error_report(sink, &error)
      }
    }
    return code
  }

  private static let domain: StaticString = "dovetail"
}
