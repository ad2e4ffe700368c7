import CDovetail

/// What the calls of a responder or combiner need: the plugin's function and its context.
@safe final class ResponderProvider: @unchecked Sendable {
  /// The plugin's function.
  @safe enum Function {
    case answers(dvt_service_handler)
    case combines(dvt_combiner)
  }

  // Safe: immutable.
  let function: Function
  let context: UnsafeMutableRawPointer?
  let instance: PluginInstance

  init(_ function: Function, context: UnsafeMutableRawPointer?, instance: PluginInstance) {
    self.function = function
    unsafe self.context = unsafe context
    self.instance = instance
  }
}
