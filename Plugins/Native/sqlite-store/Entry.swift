public import CDovetail
import PluginSDK
import SQLiteStore

/// The plugin's entry point.
@c(dovetail_plugin)
public func entry(_ host: UnsafePointer<dvt_handshake>) -> UnsafePointer<dvt_plugin>? {
  unsafe export(SQLiteStore.self, host)
}
