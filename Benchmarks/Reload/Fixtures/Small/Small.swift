public import CDovetail
import PluginSDK

/// What travels in both directions.
struct Ping: Codable {
  var text: String
}

/// An ordinary small plugin: a typed subscription and a typed publisher.
struct Small: Plugin {
  let context: PluginContext

  init(context: PluginContext) {
    self.context = context
  }

  func start() throws {
    let pong = try context.publisher(EventType<Ping>("small.pong"))
    try context.subscribe(to: EventType<Ping>("small.ping")) { ping, _ in try pong.publish(ping) }
  }
}

/// The plugin's entry point.
@c(dovetail_plugin)
public func entry(_ host: UnsafePointer<dvt_handshake>) -> UnsafePointer<dvt_plugin>? {
  unsafe export(Small.self, host)
}
