public import CDovetail
import PluginSDKEmbedded

/// Answers `my-plugin.ping` with `my-plugin.pong`.
struct MyPlugin: Plugin {
  let context: PluginContext

  init(context: PluginContext) throws(PluginError) {
    self.context = context
  }

  func start() throws(PluginError) {
    let pong = try context.topic("my-plugin.pong")
    try context.subscribeView("my-plugin.ping") { (event) throws(PluginError) in
      try pong.publish(bytes: event.data)
    }
    context.log.info("ready for pings")
  }
}

/// The plugin's entry point.
@c(dovetail_plugin)
public func entry(_ host: UnsafePointer<dvt_handshake>) -> UnsafePointer<dvt_plugin>? {
  unsafe export(MyPlugin.self, host)
}
