import HostSupport

extension MetadataRecord {
  /// The record as the content of its file.
  var json: JSON {
    var members: [String: JSON] = [
      "collection": .string(collection), "key": .string(key), "value": value.json,
      "version": .int(Int64(clamping: version)), "created": .int(Int64(clamping: created)),
      "modified": .int(Int64(clamping: modified)),
    ]
    if let expires { members["expires"] = .string(Timestamp.text(expires)) }
    return .object(members)
  }

  /// Reads a record from the content of its file.
  ///
  /// - Throws: `.invalid` or `.tooLarge` that says what is wrong.
  init(json: JSON) throws(MetadataError) {
    guard let collection = json["collection"]?.string, let key = json["key"]?.string,
      let value = json["value"], let version = Self.number(json["version"]), version > 0,
      let created = Self.number(json["created"]), let modified = Self.number(json["modified"]),
      created <= modified
    else { throw .invalid("it is no record") }
    self.init(
      collection: collection, key: key, value: try MetadataValue(json: value), version: version,
      created: created, modified: modified, expires: try Self.expiry(json["expires"]))
    try MetadataWrite(collection: collection, key: key, value: self.value).validate()
  }

  private static func expiry(_ json: JSON?) throws(MetadataError) -> Int64? {
    guard let json else { return nil }
    guard let expires = json.string.flatMap({ Timestamp.nanoseconds($0) }) else {
      throw .invalid("expires is not like 2026-01-31T10:00:00.000000001Z")
    }
    return expires
  }

  private static func number(_ json: JSON?) -> UInt64? {
    json?.int.flatMap { UInt64(exactly: $0) }
  }
}

extension PersistenceBatch {
  /// The batch as the content of the journal.
  var json: JSON {
    let operations = operations.map { operation in
      switch operation {
      case .put(let record): JSON.object(["put": record.json])
      case .remove(let collection, let key):
        JSON.object([
          "remove": .object(["collection": .string(collection), "key": .string(key)])
        ])
      }
    }
    return .object([
      "revision": .int(Int64(clamping: revision)), "operations": .array(operations),
    ])
  }

  /// Reads a batch from the content of the journal.
  ///
  /// - Throws: `.invalid` or `.tooLarge` that says what is wrong.
  init(json: JSON) throws(MetadataError) {
    guard let revision = json["revision"]?.int.flatMap({ UInt64(exactly: $0) }),
      let entries = json["operations"]?.array
    else { throw .invalid("it is no journal") }
    var operations: [PersistenceOperation] = []
    for entry in entries {
      if let record = entry["put"] {
        operations.append(.put(try MetadataRecord(json: record)))
      } else if let collection = entry["remove"]?["collection"]?.string,
        let key = entry["remove"]?["key"]?.string
      {
        try MetadataWrite(collection: collection, key: key, value: .null).validate()
        operations.append(.remove(collection: collection, key: key))
      } else {
        throw .invalid("it has an unknown operation")
      }
    }
    self.init(revision: revision, operations: operations)
  }
}
