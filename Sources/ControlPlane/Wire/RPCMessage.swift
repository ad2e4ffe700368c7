import FoundationEssentials
import HostSupport

/// Outgoing messages as lines: JSON in one line with a newline at its end.
enum RPCMessage {
  private struct Reply<Result: Encodable>: Encodable {
    let jsonrpc = "2.0"
    let id: JSON
    let result: Result
  }

  private struct Notification<Parameters: Encodable>: Encodable {
    let jsonrpc = "2.0"
    let method: String
    let params: Parameters
  }

  static func reply(_ id: JSON, _ result: some Encodable) -> [UInt8] {
    line(Reply(id: id, result: result))
  }

  static func failure(_ id: JSON, _ failure: RPCFailure) -> [UInt8] {
    line(JSON.object(["jsonrpc": .string("2.0"), "id": id, "error": failure.json]))
  }

  static func notification(_ method: String, _ parameters: some Encodable) -> [UInt8] {
    line(Notification(method: method, params: parameters))
  }

  static func request(_ id: Int64, _ method: String, _ parameters: [String: JSON]) -> [UInt8] {
    line(
      JSON.object([
        "jsonrpc": .string("2.0"), "id": .int(id), "method": .string(method),
        "params": .object(parameters),
      ]))
  }

  private static func line(_ message: some Encodable) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let data = try? encoder.encode(message) else {
      let text = #"{"error":{"code":-32603,"message":"the reply cannot be written as JSON"},"#
      return Array((text + "\"id\":null,\"jsonrpc\":\"2.0\"}\n").utf8)
    }
    return Array(data) + [UInt8(ascii: "\n")]
  }
}
