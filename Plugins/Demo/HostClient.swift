import ControlPlane
import HostSupport
import PluginHost

/// What the demonstration asks of the host, as `dovetail` itself does.
final class HostClient {
  private let client: ControlClient

  /// Connects, or returns `nil` while nobody listens.
  init?(_ socket: String) {
    guard let client = try? ControlClient(socket: socket) else { return nil }
    self.client = client
  }

  /// Sends a request.
  func ask<Reply: Decodable>(
    _ method: String, _ parameters: [String: JSON] = [:], as type: Reply.Type = Reply.self
  ) throws(DemoError) -> Reply {
    do throws(ControlError) {
      return try client.request(method, parameters, milliseconds: 30_000)
    } catch {
      throw DemoError("\(method): \(error)")
    }
  }

  /// Calls a service that answers in JSON or text.
  func call(_ service: String, _ data: JSON = .object([:])) throws(DemoError) -> JSON {
    let request: [String: JSON] = [
      "service": .string(service), "data": data,
      "datacontenttype": .string(data.string == nil ? "application/json" : "text/plain"),
    ]
    return try ask("services.call", request, as: JSON.self)["data"] ?? .null
  }

  /// One plugin.
  func plugin(_ id: String) throws(DemoError) -> PluginReport? {
    try ask("plugins.list", as: [PluginReport].self).first { $0.id == id }
  }

  /// A figure of a plugin's, 0 when there is none.
  func figure(_ name: String, of plugin: String) throws(DemoError) -> Double {
    try ask("host.metrics", as: [MetricReport].self)
      .filter { $0.name == name && $0.labels["plugin"] == plugin }
      .reduce(0) { $0 + $1.value }
  }
}
