package import CDovetail

/// Makes one call of the ABI that writes its output to a sink.
///
/// - Parameter call: Returns the code.
/// - Returns: The bytes that were written.
/// - Throws: The host's error.
package func collect(
  _ call: (UnsafePointer<dvt_sink>, UnsafePointer<dvt_error_sink>) -> Int32
) throws(PluginError) -> [UInt8] {
  var bytes: [UInt8] = []
  var failure: PluginError?
  unsafe withUnsafeMutablePointer(to: &bytes) { target in
    var sink = unsafe dvt_sink.headed()
    unsafe sink.context = UnsafeMutableRawPointer(target)
    unsafe sink.write = { context, start, count in
      guard let context = unsafe context else { return DVT_INVALID }
      unsafe context.assumingMemoryBound(to: [UInt8].self).pointee.append(
        contentsOf: UnsafeBufferPointer(start: start, count: Int(clamping: count)))
      return DVT_OK
    }
    do throws(PluginError) {
      unsafe try attempt { unsafe call(&sink, $0) }
    } catch {
      failure = error
    }
  }
  if let failure { throw failure }
  return bytes
}
