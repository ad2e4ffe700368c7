import FoundationEssentials
import HostSupport

extension JSONWriter {
  /// Adds a record: what identifies it first, its value last.
  mutating func record(_ record: MetadataRecord) {
    object { writer, isFirst in
      writer.member("collection", &isFirst)
      writer.string(record.collection)
      writer.member("key", &isFirst)
      writer.string(record.key)
      writer.member("version", &isFirst)
      writer.int(record.version)
      writer.member("created", &isFirst)
      writer.int(record.created)
      writer.member("modified", &isFirst)
      writer.int(record.modified)
      if let expires = record.expires {
        writer.member("expires", &isFirst)
        writer.string(Timestamp.text(expires))
      }
      writer.member("value", &isFirst)
      writer.value(record.value)
    }
  }

  /// Adds one operation of a batch.
  mutating func operation(_ operation: PersistenceOperation) {
    object { writer, isFirst in
      switch operation {
      case .put(let record):
        writer.member("put", &isFirst)
        writer.record(record)
      case .remove(let collection, let key):
        writer.member("remove", &isFirst)
        writer.object { writer, isFirst in
          writer.member("collection", &isFirst)
          writer.string(collection)
          writer.member("key", &isFirst)
          writer.string(key)
        }
      }
    }
  }
}

extension JSONReader {
  /// Reads a record; members that are not known are passed over.
  mutating func record() throws(MetadataError) -> MetadataRecord {
    var (collection, key) = ("", "")
    var (version, created, modified) = (UInt64(0), UInt64(0), UInt64(0))
    var value: MetadataValue?
    var expires: Int64?
    try object { (reader, name) throws(MetadataError) in
      switch name {
      case "collection": collection = try reader.string()
      case "key": key = try reader.string()
      case "version": version = try reader.unsigned()
      case "created": created = try reader.unsigned()
      case "modified": modified = try reader.unsigned()
      case "expires": expires = try reader.expiry()
      case "value": value = try reader.value()
      default: _ = try reader.value()
      }
    }
    guard let value, version > 0, created <= modified else { throw .invalid("it is no record") }
    try MetadataWrite.validate(collection: collection)
    try MetadataWrite.validate(key: key)
    return MetadataRecord(
      collection: collection, key: key, value: value, version: version, created: created,
      modified: modified, expires: expires)
  }

  private mutating func expiry() throws(MetadataError) -> Int64 {
    guard let expires = Timestamp.nanoseconds(try string()) else {
      throw .invalid("expires is not like 2026-01-31T10:00:00.000000001Z")
    }
    return expires
  }

  /// Reads one operation of a batch.
  mutating func operation() throws(MetadataError) -> PersistenceOperation {
    var operation: PersistenceOperation?
    try object { (reader, name) throws(MetadataError) in
      switch name {
      case "put": operation = .put(try reader.record())
      case "remove": operation = try reader.removal()
      default: throw .invalid("it has the unknown operation \(name)")
      }
    }
    guard let operation else { throw .invalid("it has an empty operation") }
    return operation
  }

  private mutating func removal() throws(MetadataError) -> PersistenceOperation {
    var (collection, key) = ("", "")
    try object { (reader, name) throws(MetadataError) in
      switch name {
      case "collection": collection = try reader.string()
      case "key": key = try reader.string()
      default: _ = try reader.value()
      }
    }
    try MetadataWrite.validate(collection: collection)
    try MetadataWrite.validate(key: key)
    return .remove(collection: collection, key: key)
  }

  /// Reads the one batch of a journal of format 1.
  mutating func oldJournal() throws(MetadataError) -> PersistenceBatch {
    var revision: UInt64?
    var operations: [PersistenceOperation] = []
    try object { (reader, name) throws(MetadataError) in
      switch name {
      case "revision": revision = try reader.unsigned()
      case "operations":
        try reader.list { (reader) throws(MetadataError) in
          operations.append(try reader.operation())
        }
      default: _ = try reader.value()
      }
    }
    guard let revision else { throw .invalid("it is no journal") }
    return PersistenceBatch(revision: revision, operations: operations)
  }
}
