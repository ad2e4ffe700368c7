public import CDovetail

/// Answers the host's entry call: the one line that a plugin's author writes.
///
/// ```swift
/// @c(dovetail_plugin)
/// public func entry(_ host: UnsafePointer<dvt_handshake>) -> UnsafePointer<dvt_plugin>? {
///   unsafe export(MyPlugin.self, host)
/// }
/// ```
///
/// - Parameters:
///   - type: The plugin.
///   - handshake: The entry's argument.
/// - Returns: The callbacks, or `nil` to refuse a host of another major revision.
public func export<P: Plugin>(
  _ type: P.Type, _ handshake: UnsafePointer<dvt_handshake>
) -> UnsafePointer<dvt_plugin>? {
  guard unsafe handshake.pointee.abi_major == UInt16(DVT_ABI_MAJOR) else { return nil }
  let identity = unsafe PluginContext.Identity(
    pluginID: handshake.pointee.plugin_id.string, generation: Int(handshake.pointee.generation),
    hostVersion: handshake.pointee.host_version.string)
  return unsafe Slots.enter(type, identity)
}
