/// A write of `dovetail.collections`: what it makes of a collection and its records.
struct Redefinition {
  let collection: String
  let old: CollectionDefinition?
  /// `nil` when the definition is removed.
  let new: CollectionDefinition?
  let change: DefinitionChange

  /// Reads what is asked.
  ///
  /// - Parameters:
  ///   - collection: The collection that is defined: the key of the record that is written.
  ///   - document: What is written; `nil` for a removal.
  ///   - old: The definition that is there.
  ///   - isEmpty: Whether the collection has no records.
  /// - Throws: `.invalid` when the document is no definition, or the change is refused.
  init(
    of collection: String, document: MetadataValue?, from old: CollectionDefinition?,
    isEmpty: Bool
  ) throws(MetadataError) {
    self.collection = collection
    self.old = old
    guard let document else {
      new = nil
      change = .compatible
      return
    }
    let definition: CollectionDefinition
    do throws(CollectionDefinition.Refusal) {
      definition = try CollectionDefinition(collection: collection, value: document)
    } catch {
      throw .invalid(error.description)
    }
    do throws(DefinitionChange.Refusal) {
      change = try definition.change(from: old, stored: isEmpty ? [] : [old?.version ?? 0])
    } catch {
      throw .invalid(error.description)
    }
    new = definition
  }

  /// What becomes of a record's value; `nil` when it stays as it is.
  ///
  /// - Throws: `.invalid`, naming the record and the step that cannot be done.
  func rewritten(_ record: MetadataRecord) throws(MetadataError) -> MetadataValue? {
    guard let new, change == .filling || change == .migrating else { return nil }
    let value = record.value
    do throws(MigrationFailure) {
      let result = try new.migrated(value, key: record.key, from: old?.version ?? 0)
      return result == value ? nil : result
    } catch {
      throw .invalid(error.description)
    }
  }
}
