import CDovetail

/// What an interceptor's calls need: the plugin's function and its context.
@safe final class InterceptorProvider: @unchecked Sendable {
  // Safe: immutable.
  let function: dvt_interceptor
  let context: UnsafeMutableRawPointer?
  let instance: PluginInstance

  init(
    function: @escaping dvt_interceptor, context: UnsafeMutableRawPointer?,
    instance: PluginInstance
  ) {
    unsafe self.function = unsafe function
    unsafe self.context = unsafe context
    self.instance = instance
  }
}
