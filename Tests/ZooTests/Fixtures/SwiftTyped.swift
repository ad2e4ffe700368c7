public import CDovetail
import HostEventTypes
import PluginSDK

/// Declares a type of events, publishes what it is told to, and logs whom the host says to be active.
final class Typed: Plugin {
  struct Order: Codable {
    var id: String
    var size: Int?
  }

  private static let order = EventType<Order>(
    "typed.order", summary: "an order",
    schema: .object(["id": .string], optional: ["size": .whole]),
    dataSchema: "urn:order")
  private let context: PluginContext

  init(context: PluginContext) {
    self.context = context
  }

  func start() throws {
    try context.declare(Self.order)
    try context.subscribe(to: HostEvents.pluginActive) { [context] build, event in
      context.log.info("saw \(event.subject) \(build.version)")
    }
    try context.subscribe(to: Self.order) { [context] order, event in
      context.log.info("read \(order.id) \(order.size ?? 0) \(event.dataSchema)")
    }
    let raw = try context.topic("typed.order")
    try context.provide("typed.say") { [context] (request) throws -> [UInt8] in
      guard !request.data.isEmpty else {
        try context.publish(Self.order, Order(id: "own", size: 3))
        return Array("published".utf8)
      }
      do throws(PluginError) {
        try raw.publish(Event(data: request.data, contentType: "application/json"))
        return Array("published".utf8)
      } catch {
        return Array("\(error.code.name): \(error.message)".utf8)
      }
    }
  }
}

/// The plugin's entry point.
@c(dovetail_plugin)
public func entry(_ host: UnsafePointer<dvt_handshake>) -> UnsafePointer<dvt_plugin>? {
  unsafe export(Typed.self, host)
}
