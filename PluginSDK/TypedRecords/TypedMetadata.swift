public import PluginSDK

/// The metadata store with `Codable` types in place of `Value`s.
///
/// ```swift
/// let typed = context.metadata.typed
/// try typed.put("shop.orders", "42", Order(item: "tea", count: 3))
/// let order = try typed.get(Order.self, "shop.orders", "42")
/// let large = try typed.query(Order.self, "from shop.orders where count > ?", [10])
/// ```
///
/// A struct is a map, an array a list, `Int` and its kin an integer of 64 bits, `Date` a date, `Data` and `[UInt8]` bytes; an optional
/// that is `nil` is left out. What does not fit throws `invalid` with the record and the path of the field.
/// Threading: every method may be called from any thread.
public struct TypedMetadata: Sendable {
  /// The store of values.
  public let metadata: Metadata

  /// Reads one record, or `nil` when there is none.
  public func get<Content: Decodable>(
    _ type: Content.Type, _ collection: String, _ key: String
  ) throws(PluginError) -> Content? {
    try metadata.get(collection, key).map { record throws(PluginError) in
      try record.decoded(as: type)
    }
  }

  /// Reads one record with its version, or `nil` when there is none.
  public func record<Content: Decodable>(
    _ type: Content.Type, _ collection: String, _ key: String
  ) throws(PluginError) -> TypedRecord<Content>? {
    try metadata.get(collection, key).map { record throws(PluginError) in
      try TypedRecord(record)
    }
  }

  /// Creates or changes one record; see `Metadata.put`.
  ///
  /// - Parameters:
  ///   - collection: A plugin's own collections begin with its id.
  ///   - key: 1…512 bytes.
  ///   - content: What to keep.
  ///   - expect: What must be there.
  ///   - durability: The least that is asked.
  ///   - expiry: When it is removed by itself.
  /// - Returns: What was written, or the record that was in the way.
  /// - Throws: `invalid` when the content cannot be kept; else as `Metadata.put`.
  @discardableResult
  public func put(
    _ collection: String, _ key: String, _ content: some Encodable, expect: Expectation = .any,
    durability: Durability = .memory, expiry: Expiry = .byCollection
  ) throws(PluginError) -> WriteOutcome {
    let value = try Value.encoding(content, for: "\(collection)/\(key)")
    return try metadata.put(
      collection, key, value, expect: expect, durability: durability, expiry: expiry)
  }

  /// The records of a collection whose keys begin with `prefix`, by key.
  public func list<Content: Decodable>(
    _ type: Content.Type, _ collection: String, prefix: String = ""
  ) throws(PluginError) -> [TypedRecord<Content>] {
    try metadata.list(collection, prefix: prefix).map { record throws(PluginError) in
      try TypedRecord(record)
    }
  }

  /// What a query finds, in order: records, or rows as maps of the query's columns. All of it, or as much as the query's `limit` says.
  ///
  /// - Parameters:
  ///   - type: What each of them is.
  ///   - text: In the language of METADATA.md.
  ///   - parameters: A map for `:name`, a list for `?`.
  /// - Returns: The contents.
  /// - Throws: `invalid` for the query, or for a record that is no `Content`.
  public func query<Content: Decodable>(
    _ type: Content.Type, _ text: String, _ parameters: Value = .null
  ) throws(PluginError) -> [Content] {
    try metadata.query(text, parameters).records.map { record throws(PluginError) in
      try record.decoded(as: type)
    }
  }
}

extension Metadata {
  /// The same store with `Codable` types.
  public var typed: TypedMetadata { TypedMetadata(metadata: self) }
}
