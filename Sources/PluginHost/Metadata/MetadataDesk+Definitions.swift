public import HostSupport
import MetadataStore

extension MetadataDesk {
  /// The definition of a collection; throws `notFound`.
  public func definition(of collection: String) throws(OperationError) -> JSON {
    guard let definition = store.definition(of: collection) else {
      throw OperationError(
        .notFound, "the collection \(collection) has no definition",
        advice: "give it one with 'dovetail meta schema set \(collection) FILE'")
    }
    return definition.json
  }

  /// Every definition, by the collection's name.
  public var definitions: JSON {
    .object(
      Dictionary(store.definitions.map { ($0.collection, $0.json) }) { first, _ in first })
  }

  /// Defines a collection; throws `invalid` when the definition, or a record that is there, does not allow it.
  public func define(_ collection: String, _ json: JSON) throws(OperationError) -> WrittenReport {
    let definition = try read(collection, json)
    let revision = try Self.translating { () throws(MetadataError) in
      try store.define(definition)
    }
    return WrittenReport(
      version: UInt64(definition.version), revision: revision, durability: "disk")
  }

  /// Holds the records of a collection against a definition; changes nothing.
  ///
  /// - Parameters:
  ///   - collection: The collection.
  ///   - json: The definition; `nil` for the one that is in force.
  /// - Returns: As `DefinitionReport.json`.
  /// - Throws: `notFound`, `invalid`.
  public func check(_ collection: String, _ json: JSON?) throws(OperationError) -> JSON {
    let old = store.definition(of: collection)
    let definition: CollectionDefinition
    if let json {
      definition = try read(collection, json)
    } else if let old {
      definition = old
    } else {
      throw OperationError(
        .notFound, "the collection \(collection) has no definition to check its records against",
        advice: "name a file with one: 'dovetail meta schema check \(collection) FILE'")
    }
    return definition.report(on: store.snapshot, from: old).json
  }

  private func read(
    _ collection: String, _ json: JSON
  ) throws(OperationError) -> CollectionDefinition {
    do throws(CollectionDefinition.Refusal) {
      return try CollectionDefinition(collection: collection, json: json)
    } catch {
      throw OperationError(.invalid, error.description)
    }
  }
}
