/// The definitions of all collections, as a value.
public struct CollectionCatalog: Sendable {
  /// A definition that is looked at without being copied.
  final class Entry: Sendable {
    let definition: CollectionDefinition

    init(_ definition: CollectionDefinition) { self.definition = definition }
  }

  private var entries: [String: Entry] = [:]
  /// The collections that have references to a collection.
  private var referring: [String: Set<String>] = [:]
  /// Whether any collection's records are held against other records.
  private(set) var hasConstraints = false
  /// Whether any collection is bounded.
  private(set) var hasQuotas = false

  /// A catalog of definitions, one for each collection.
  public init(_ definitions: [CollectionDefinition] = []) {
    for definition in definitions { set(definition, of: definition.collection) }
  }

  /// The definitions that a store has.
  ///
  /// - Parameters:
  ///   - snapshot: Of which `dovetail.collections` is read.
  ///   - refused: Called with what is no definition, by key; such a collection counts as undefined.
  public init(
    of snapshot: MetadataSnapshot, refused: (CollectionDefinition.Refusal) -> Void = { _ in }
  ) {
    snapshot.forEach(in: CollectionDefinition.reserved) { record in
      do throws(CollectionDefinition.Refusal) {
        let definition = try CollectionDefinition(collection: record.key, value: record.value)
        set(definition, of: record.key)
      } catch {
        refused(error)
      }
      return true
    }
  }

  /// Whether nothing is defined.
  public var isEmpty: Bool { entries.isEmpty }

  /// The definitions, by the collection's name.
  public var all: [CollectionDefinition] {
    entries.values.map(\.definition).sorted { $0.collection < $1.collection }
  }

  /// The definition of a collection, if it has one.
  public subscript(collection: String) -> CollectionDefinition? {
    entries[collection]?.definition
  }

  /// The same, not copied.
  func entry(of collection: String) -> Entry? { entries[collection] }

  /// Puts a definition in place of another; `nil` for none.
  mutating func set(_ definition: CollectionDefinition?, of collection: String) {
    for reference in self[collection]?.references ?? [] {
      referring[reference.collection]?.remove(collection)
      if referring[reference.collection]?.isEmpty ?? false { referring[reference.collection] = nil }
    }
    entries[collection] = definition.map { Entry($0) }
    for reference in definition?.references ?? [] {
      referring[reference.collection, default: []].insert(collection)
    }
    hasConstraints = entries.values.contains { $0.definition.isConstraining }
    hasQuotas = entries.values.contains { $0.definition.quota != nil }
  }

  /// Whether a change of a collection's records can meet a constraint or a reference.
  func isConstrained(_ collection: String) -> Bool {
    if referring[collection] != nil { return true }
    return entries[collection]?.definition.isConstraining ?? false
  }
}
