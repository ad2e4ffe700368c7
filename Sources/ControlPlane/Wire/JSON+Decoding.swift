import FoundationEssentials
import HostSupport

extension JSON {
  /// A value of another type with the same JSON.
  func decoded<Value: Decodable>(_ type: Value.Type = Value.self) throws(DecodingFailure) -> Value {
    try JSON.decode(type, from: Array(text().utf8))
  }

  /// A value from JSON text; the error names the member that does not fit.
  static func decode<Value: Decodable>(
    _ type: Value.Type, from bytes: some Collection<UInt8>
  ) throws(DecodingFailure) -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(bytes))
    } catch let error as DecodingError {
      throw DecodingFailure(reason: JSON.reason(error))
    } catch {
      throw DecodingFailure(reason: "\(error)")
    }
  }

  private static func reason(_ error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, _): "\"\(key.stringValue)\" is missing"
    case .valueNotFound(_, let context), .typeMismatch(_, let context),
      .dataCorrupted(let context):
      context.codingPath.isEmpty
        ? context.debugDescription
        : "\"\(context.codingPath.map(\.stringValue).joined(separator: "."))\": "
          + context.debugDescription
    @unknown default: "\(error)"
    }
  }
}
