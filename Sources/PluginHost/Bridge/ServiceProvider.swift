import CDovetail

/// What a service's calls need: the plugin's function and its context. Its service keeps it: a late caller may still hold that.
@safe final class ServiceProvider: @unchecked Sendable {
  // Safe: immutable.
  let handler: dvt_service_handler
  let context: UnsafeMutableRawPointer?
  let instance: PluginInstance

  init(
    handler: @escaping dvt_service_handler, context: UnsafeMutableRawPointer?,
    instance: PluginInstance
  ) {
    unsafe self.handler = unsafe handler
    unsafe self.context = unsafe context
    self.instance = instance
  }
}
