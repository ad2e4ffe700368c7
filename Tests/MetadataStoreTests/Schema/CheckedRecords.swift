import HostSupport
import Testing

@testable import MetadataStore

/// The least of a store around `WriteCheck`: records by collection and key, changed by transactions.
struct CheckedRecords {
  enum Write {
    case put(String, String, MetadataValue)
    case remove(String, String)
  }

  var check = WriteCheck()
  private(set) var records: [RecordID: MetadataRecord] = [:]

  /// Records under definitions, all given as JSON by the collection's name.
  init(_ definitions: [String: String]) throws {
    let all = try definitions.map { try SchemaText.definition($1, of: $0) }
    check = WriteCheck(CollectionCatalog(all)) { _, _ in }
  }

  var all: [MetadataRecord] { Array(records.values) }

  /// Every record of a collection, by key.
  func records(of collection: String) -> [MetadataRecord] {
    all.filter { $0.collection == collection }.sorted { $0.key < $1.key }
  }

  /// Puts one record, its value as JSON.
  mutating func put(_ collection: String, _ key: String, _ value: String) throws {
    try commit([.put(collection, key, SchemaText.value(value))])
  }

  /// Commits a transaction, or changes nothing.
  mutating func commit(_ writes: [Write], isSaved: Bool = true) throws(MetadataError) {
    var after = records
    var changes: [MetadataChange] = []
    for write in writes {
      switch write {
      case .put(let collection, let key, let value):
        let id = RecordID(collection, key)
        let entry = check.catalog.entry(of: collection)
        let prepared = try entry.flatMap { (entry) throws(MetadataError) in
          try WriteCheck.prepared(PackedValue(value), entry.definition, key)
        }
        let record = MetadataRecord(
          collection: collection, key: key, value: prepared?.value ?? value, version: 1, created: 1,
          modified: 1)
        changes.append(
          MetadataChange(
            kind: .updated, record: record, previous: after[id], revision: 1, index: 0))
        after[id] = record
      case .remove(let collection, let key):
        guard let former = after.removeValue(forKey: RecordID(collection, key)) else { continue }
        changes.append(
          MetadataChange(
            kind: .removed, record: former, previous: former, revision: 1, index: 0))
      }
    }
    try check.admit(changes) { after[RecordID($0, $1)] }
    guard isSaved else { return check.takeBack() }
    check.settle()
    records = after
  }

  /// What a refusal says; "done" when there is none.
  mutating func words(_ writes: [Write]) -> String {
    do throws(MetadataError) {
      try commit(writes)
      return "done"
    } catch {
      return error.description
    }
  }
}
