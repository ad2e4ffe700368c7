import FoundationEssentials

/// JSON as the SDK writes and reads it: dates as numbers of seconds since 2001, data as base64.
package enum JSONCoding {
  /// The media type of typed payloads.
  package static let contentType = "application/json"

  /// A value as JSON text.
  package static func encode(_ value: some Encodable, for subject: String) throws(PluginError)
    -> [UInt8]
  {
    do {
      return [UInt8](try JSONEncoder().encode(value))
    } catch {
      throw PluginError(.invalid, "\(subject): cannot be written as JSON: \(error)")
    }
  }

  /// A value from JSON text.
  package static func decode<Value: Decodable>(
    _ type: Value.Type, _ bytes: [UInt8], for subject: String
  ) throws(PluginError) -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(bytes))
    } catch {
      throw PluginError(.invalid, "\(subject): not the JSON of \(type): \(reason(error))")
    }
  }

  private static func reason(_ error: any Error) -> String {
    switch error {
    case DecodingError.keyNotFound(let key, _): "\"\(key.stringValue)\" is missing"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
      DecodingError.dataCorrupted(let context):
      context.codingPath.isEmpty
        ? context.debugDescription
        : context.codingPath.map(\.stringValue).joined(separator: ".") + ": "
          + context.debugDescription
    default: "\(error)"
    }
  }
}
