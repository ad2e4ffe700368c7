import CDovetail

/// One running plugin; the host carries a pointer to it.
final class Instance: Sendable {
  let context: PluginContext
  let lifecycle: Lifecycle

  /// Takes a plugin that was just made.
  init(_ context: PluginContext, _ lifecycle: Lifecycle) {
    self.context = context
    self.lifecycle = lifecycle
  }

  /// The pointer that the host carries, holding one reference.
  func retained() -> UnsafeMutableRawPointer {
    unsafe Unmanaged.passRetained(self).toOpaque()
  }

  /// Runs a callback with the instance behind a pointer of the host's.
  static func with(
    _ pointer: UnsafeMutableRawPointer?, _ sink: UnsafePointer<dvt_error_sink>?,
    _ body: (Instance) throws(PluginFailure) -> Void
  ) -> Int32 {
    guard let pointer = unsafe pointer else { return DVT_INVALID }
    let instance = unsafe Unmanaged<Instance>.fromOpaque(pointer).takeUnretainedValue()
    return unsafe guarded(sink) { () throws(PluginFailure) in try body(instance) }
  }

  /// Gives back the reference that the host carried.
  static func release(_ pointer: UnsafeMutableRawPointer?) {
    guard let pointer = unsafe pointer else { return }
    unsafe Unmanaged<Instance>.fromOpaque(pointer).release()
  }
}
