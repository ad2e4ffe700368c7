import CDovetail
import CHostSupport
import EventBus

/// Makes a call into a plugin with a Swift closure as its thunk.
@safe enum PluginCall {
  @safe private struct Frame {
    let body: (UnsafeMutableRawPointer?) -> Int32
  }

  /// Runs `body` as a call of `callable`: behind its gate, with a hazard pointer, under the crash guard.
  ///
  /// - Parameters:
  ///   - callable: Whose call it is.
  ///   - patience: Nanoseconds to wait at a closed gate.
  ///   - body: Calls the plugin and does nothing else: a jump out of it releases nothing, not even itself; that is why it
  ///     escapes. It gets the error sink.
  /// - Returns: What came of it. A negative code of the plugin's own counts as DVT_FAILED: those are the host's.
  static func run(
    _ callable: Callable, patience: UInt64 = 0,
    _ body: @escaping (UnsafeMutableRawPointer?) -> Int32
  ) -> CallResult {
    var frame = unsafe Frame(body: body)
    return unsafe withUnsafeMutablePointer(to: &frame) { frame in
      unsafe callable.call(patience: patience, frame) { argument in
        guard let argument = unsafe argument else { return 0 }
        let code = unsafe argument.assumingMemoryBound(to: Frame.self).pointee.body(
          hs_thread_error_sink())
        return code < 0 ? DVT_FAILED : code
      }
    }
  }
}
