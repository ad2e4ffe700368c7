public import HostSupport

/// What is declared of a collection: the document that `dovetail.collections` has under the collection's name.
///
///     {"version": 2, "description": "…",
///      "schema": {"type": "object", "required": ["email"], "properties": {"email": {"type": "string"}}},
///      "unique": ["email", ["country", "number"]],
///      "references": {"owner": "accounts"},
///      "indexes": [{"field": "address.city"}, {"tags": "tags"}, {"category": "category"}],
///      "ttl": 86400, "history": {"count": 10, "age": 3600}, "quota": {"records": 1000, "bytes": 1048576},
///      "migrations": [{"from": 1, "steps": [
///        {"rename": {"from": "mail", "to": "email"}}, {"set": {"field": "country", "value": "at"}},
///        {"remove": "fax"}, {"convert": {"field": "number", "to": "integer"}}]}]}
///
/// Only `version` must be there. Fields are paths: see `FieldPath`.
public struct CollectionDefinition: Sendable, Equatable {
  /// The collection that has the definitions of all others, each under its collection's name.
  public static let reserved = "dovetail.collections"
  /// The highest version.
  public static let highestVersion = Int(Int32.max)
  /// The most constraints in `unique`.
  public static let mostUnique = 16
  /// The most fields of one constraint.
  public static let mostUniqueFields = 8
  /// The most fields in `references`.
  public static let mostReferences = 32
  /// The most indexes.
  public static let mostIndexes = 32
  /// The most migrations.
  public static let mostMigrations = 64
  /// The most steps of one migration.
  public static let mostSteps = 256
  /// The longest time to live or age in seconds: 100 years.
  public static let longestSeconds: Int64 = 3_153_600_000

  /// Why a document is no definition.
  public struct Refusal: Error, Equatable, CustomStringConvertible {
    /// The collection's name.
    public let collection: String
    /// Where in the document, as a JSON pointer (RFC 6901); empty for the whole.
    public let pointer: String
    /// What is wrong there, and what to do.
    public let reason: String

    /// The whole in one line.
    public var description: String {
      "the definition of collection \(collection)\(pointer.isEmpty ? "" : " at \(pointer)"): "
        + reason
    }
  }

  /// The collection's name.
  public let collection: String
  /// 1…2,147,483,647; goes up with every change.
  public let version: Int
  /// Words for people.
  public let description: String?
  /// What values are held against; `nil` for none.
  public let schema: ValueSchema?
  /// Lists of fields whose values together no two records share.
  public let unique: [[FieldPath]]
  /// Fields that have keys of other records, by path.
  public let references: [Reference]
  /// What is indexed.
  public let indexes: [IndexDefinition]
  /// How long a record lives after each write that does not say, in seconds; `nil` for ever.
  public let ttl: Int64?
  /// Which former values are kept; `nil` for none.
  public let history: HistoryPolicy?
  /// How much the collection may hold; `nil` for any amount.
  public let quota: CollectionQuota?
  /// How records of former versions become those of this one, ascending.
  public let migrations: [Migration]

  /// Reads a definition from JSON.
  ///
  /// - Parameters:
  ///   - collection: The collection's name.
  ///   - json: The document.
  /// - Throws: The first thing that is wrong.
  public init(collection: String, json: JSON) throws(Refusal) {
    let reader = DefinitionReader(collection: collection)
    do throws(MetadataError) {
      try MetadataWrite.validate(collection: collection)
    } catch {
      throw reader.refusal("", error.description)
    }
    if collection == Self.reserved || collection.hasPrefix(Self.reserved + ".") {
      throw reader.refusal("", "this collection is the host's own; define another one")
    }
    let document = try reader.object(json, "", known: DefinitionReader.members)
    self.collection = collection
    guard let version = document["version"] else {
      throw reader.refusal("", "has no \"version\"; begin with 1")
    }
    self.version = Int(
      try reader.whole(version, "/version", in: 1...Int64(Self.highestVersion)))
    description = try document["description"].map { json throws(Refusal) in
      try reader.string(json, "/description")
    }
    schema = try document["schema"].map { json throws(Refusal) in try reader.schema(json) }
    unique = try reader.unique(document["unique"])
    references = try reader.references(document["references"])
    indexes = try reader.indexes(document["indexes"])
    ttl = try document["ttl"].map { json throws(Refusal) in try reader.seconds(json, "/ttl") }
    history = try document["history"].map { json throws(Refusal) in try reader.history(json) }
    quota = try document["quota"].map { json throws(Refusal) in try reader.quota(json) }
    migrations = try reader.migrations(document["migrations"], below: self.version)
  }

  /// Reads a definition from the record that has it.
  ///
  /// - Parameters:
  ///   - collection: The collection's name: the record's key.
  ///   - value: The document as `value` writes it, or as `MetadataValue(json:)` reads it.
  /// - Throws: The first thing that is wrong.
  public init(collection: String, value: MetadataValue) throws(Refusal) {
    try self.init(collection: collection, json: value.document)
  }

  /// The definition as a document; `init(collection:json:)` gives it back.
  public var json: JSON {
    var members: [String: JSON] = ["version": .int(Int64(version))]
    members["description"] = description.map { .string($0) }
    members["schema"] = schema?.json
    if !unique.isEmpty { members["unique"] = .array(unique.map(Self.json(of:))) }
    if !references.isEmpty {
      let pairs = references.map { ($0.field.description, JSON.string($0.collection)) }
      members["references"] = .object(Dictionary(pairs) { first, _ in first })
    }
    if !indexes.isEmpty { members["indexes"] = .array(indexes.map(\.json)) }
    members["ttl"] = ttl.map { .int($0) }
    members["history"] = history?.json
    members["quota"] = quota?.json
    if !migrations.isEmpty { members["migrations"] = .array(migrations.map(\.json)) }
    return .object(members)
  }

  /// The document as the value of its record.
  public var value: MetadataValue { MetadataValue(document: json) }

  private static func json(of fields: [FieldPath]) -> JSON {
    let names = fields.map { JSON.string($0.description) }
    return names.count == 1 ? names[0] : .array(names)
  }
}
