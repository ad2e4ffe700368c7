import HostSupport
import Synchronization

/// The definitions of a store's collections, as the records of `dovetail.collections` have them.
///
/// Threading: any thread. Changed by the store's one writer.
final class Catalog: Sendable {
  private let definitions: Mutex<[String: CollectionDefinition]>
  /// What is wrong with definitions that were found, one sentence each.
  let notes: [String]

  /// Reads the definitions of a store.
  ///
  /// One that cannot be read, such as one of a newer program, is left out and noted: its records are there all the same.
  init(of root: StoreRoot) {
    var found: [String: CollectionDefinition] = [:]
    var notes: [String] = []
    root.collections[CollectionDefinition.reserved]?.records.forEach { record in
      do throws(CollectionDefinition.Refusal) {
        found[record.key] = try CollectionDefinition(collection: record.key, value: record.value)
      } catch {
        notes.append("\(error); its records are not held against it until it is written anew")
      }
      return true
    }
    definitions = Mutex(found)
    self.notes = notes
  }

  /// All definitions, by the collection's name.
  var all: [CollectionDefinition] {
    definitions.withLock { $0.values.sorted { $0.collection < $1.collection } }
  }

  /// The definition of a collection.
  subscript(collection: String) -> CollectionDefinition? {
    definitions.withLock { $0[collection] }
  }

  /// Whether no collection is defined.
  var isEmpty: Bool { definitions.withLock { $0.isEmpty } }

  /// Whether a definition has a quota.
  var hasQuotas: Bool { definitions.withLock { $0.values.contains { $0.quota != nil } } }

  func set(_ definition: CollectionDefinition?, of collection: String) {
    definitions.withLock { $0[collection] = definition }
  }
}

extension CollectionDefinition {
  /// The indexes that the collection has: those that are declared, and one for each constraint in `unique`.
  var allIndexes: [IndexDefinition] {
    var all = indexes
    for fields in unique {
      if let first = fields.first, !all.contains(.field(first)) { all.append(.field(first)) }
    }
    return all
  }
}
