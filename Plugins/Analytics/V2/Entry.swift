import Analytics
public import CDovetail
import PluginSDK

/// The plugin's entry point.
@c(dovetail_plugin)
public func entry(_ host: UnsafePointer<dvt_handshake>) -> UnsafePointer<dvt_plugin>? {
  unsafe export(Analytics<SecondEdition>.self, host)
}
