public import CDovetail
import PluginSDK

/// Stores what it reads of each event of `bench.swift`, where the event lies.
struct Subscriber: Plugin {
  // Safe: one thread publishes.
  nonisolated(unsafe) private static var last = 0

  let context: PluginContext

  func start() throws {
    try context.subscribeView("bench.swift") { event in
      unsafe Subscriber.last = event.data.byteCount
    }
  }
}

/// The plugin's entry point.
@c(dovetail_plugin)
public func entry(_ host: UnsafePointer<dvt_handshake>) -> UnsafePointer<dvt_plugin>? {
  unsafe export(Subscriber.self, host)
}
