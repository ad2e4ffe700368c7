public import PluginSDK

/// A record and what is in it.
public struct TypedRecord<Content: Decodable> {
  /// The key.
  public let key: String
  /// What is kept.
  public let content: Content
  /// For `expect: .version(…)`.
  public let version: UInt64
  /// The record as it is.
  public let record: Record

  init(_ record: Record) throws(PluginError) {
    key = record.key
    version = record.version
    content = try record.decoded(as: Content.self)
    self.record = record
  }
}

extension TypedRecord: Sendable where Content: Sendable {}

extension Record {
  /// What is kept, as a type, for watches and snapshots.
  ///
  /// - Throws: `invalid` with the record and the path of the field that does not fit.
  public func decoded<Content: Decodable>(
    as type: Content.Type
  ) throws(PluginError) -> Content {
    try value.decoded(
      as: type, for: key.isEmpty ? "a row of \(collection)" : "\(collection)/\(key)")
  }
}

extension Value {
  /// A value of a type.
  ///
  /// - Parameters:
  ///   - content: What to keep.
  ///   - subject: Whose value it is, for the error.
  /// - Returns: The value.
  /// - Throws: `invalid` with the path of what cannot be kept.
  public static func encoding(
    _ content: some Encodable, for subject: String = "a value"
  ) throws(PluginError) -> Value {
    let slot = Slot()
    do {
      try ValueEncoder(slot, []).put(content)
      return slot.value
    } catch {
      throw CodingFailure.describing(error, "\(subject) cannot be kept")
    }
  }

  /// The value as a type.
  ///
  /// - Parameters:
  ///   - type: What it is.
  ///   - subject: Whose value it is, for the error.
  /// - Returns: The content.
  /// - Throws: `invalid` with the path of what does not fit.
  public func decoded<Content: Decodable>(
    as type: Content.Type, for subject: String = "a value"
  ) throws(PluginError) -> Content {
    do {
      return try ValueDecoder(self, []).content(type)
    } catch {
      throw CodingFailure.describing(error, "\(subject) is no \(type)")
    }
  }
}
