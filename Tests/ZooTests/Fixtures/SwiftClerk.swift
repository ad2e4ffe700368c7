public import CDovetail
import PluginSDK
import PluginValidation

/// Judges orders, keeps them for whoever asks, and logs what they were before.
final class Clerk: Plugin {
  private let metadata: Metadata
  private let context: PluginContext

  init(context: PluginContext) {
    self.context = context
    metadata = context.metadata
  }

  func start() throws {
    try metadata.validate("shop.orders", name: "orders") { order, store in
      guard let wanted = order.value else { return }  // a removal
      guard let count = wanted["count"]?.int, count > 0 else {
        throw PluginError(.denied, "\(order.key) orders nothing")
      }
      if count == 13 { fatalError("unlucky") }
      guard let item = wanted["item"]?.string, let known = try store.get("shop.items", item) else {
        throw PluginError(.denied, "there is no such item")
      }
      guard wanted["total"] == nil, let price = known.value["price"]?.int else { return }
      order.value = ["item": .string(item), "count": .int(count), "total": .int(count * price)]
    }
    try context.provide("clerk.order") { [metadata] (request) throws -> [UInt8] in
      let count = Int64(String(decoding: request.data, as: UTF8.self)) ?? 0
      do throws(PluginError) {
        try metadata.put("shop.orders", "own", ["item": "tea", "count": .int(count)])
      } catch {
        return Array("\(error.code.name): \(error.message)".utf8)
      }
      return Array("\(try metadata.get("shop.orders", "own")?.value["total"]?.int ?? 0)".utf8)
    }
  }
}

/// The plugin's entry point.
@c(dovetail_plugin)
public func entry(_ host: UnsafePointer<dvt_handshake>) -> UnsafePointer<dvt_plugin>? {
  unsafe export(Clerk.self, host)
}
