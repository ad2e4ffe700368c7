import CDovetail
import PluginSDK

/// What travels in both directions.
struct Ping: Codable {
  var text: String
}

/// Answers `my-plugin.ping` with `my-plugin.pong`.
struct MyPlugin: Plugin {
  let context: PluginContext

  init(context: PluginContext) {
    self.context = context
  }

  func start() throws {
    let pong = try context.publisher(EventType<Ping>("my-plugin.pong"))
    try context.subscribe(to: EventType<Ping>("my-plugin.ping")) { ping, _ in
      try pong.publish(ping)
    }
    context.log.info("ready for pings")
  }
}

/// The plugin's entry point.
@c(dovetail_plugin)
public func entry(_ host: UnsafePointer<dvt_handshake>) -> UnsafePointer<dvt_plugin>? {
  unsafe export(MyPlugin.self, host)
}
