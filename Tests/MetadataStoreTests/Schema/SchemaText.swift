import HostSupport
import Testing

@testable import MetadataStore

/// Shorthands for tables of schemas and values.
enum SchemaText {
  static func schema(_ text: String) throws -> ValueSchema {
    try ValueSchema(JSON(parsing: text.utf8))
  }

  static func value(_ text: String) throws -> MetadataValue {
    try MetadataValue(json: JSON(parsing: text.utf8))
  }

  static func definition(
    _ text: String, of collection: String = "accounts"
  ) throws -> CollectionDefinition {
    try CollectionDefinition(collection: collection, json: JSON(parsing: text.utf8))
  }
}
