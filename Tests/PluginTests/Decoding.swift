import FoundationEssentials
import PluginSDK
import PluginTestKit

extension TestHost {
  /// The payloads of all events on a topic, in order.
  func payloads<Payload: Decodable>(_ topic: String, as type: Payload.Type) throws -> [Payload] {
    try events.filter { $0.type == topic }
      .map { try JSONDecoder().decode(type, from: Data($0.data)) }
  }

  /// The reply of a service.
  func reply<Reply: Decodable>(
    _ service: String, _ request: String = "", as type: Reply.Type
  ) throws -> Reply {
    let bytes = try context.call(service, Array(request.utf8))
    return try JSONDecoder().decode(type, from: Data(bytes))
  }
}
