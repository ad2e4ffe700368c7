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
  ///   - kept: Its document, which is there also when it cannot be read.
  ///   - isEmpty: Whether the collection has no records.
  /// - Throws: `.invalid` when the document is no definition, or the change is refused.
  init(
    of collection: String, document: MetadataValue?, from old: CollectionDefinition?,
    kept: MetadataValue? = nil, isEmpty: Bool
  ) throws(MetadataError) {
    self.collection = collection
    self.old = old
    guard let document else {
      new = nil
      change = .compatible
      return
    }
    if old == nil, let kept { try Self.refuseUnreadable(kept, of: collection) }
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

  /// Refuses to replace what this program does not understand: a newer one may have written it.
  private static func refuseUnreadable(
    _ kept: MetadataValue, of collection: String
  ) throws(MetadataError) {
    do throws(CollectionDefinition.Refusal) {
      _ = try CollectionDefinition(collection: collection, value: kept)
    } catch {
      throw .invalid(
        "the definition that collection \(collection) has cannot be read and was left untouched: "
          + "\(error); use a newer dovetail, or remove it first with "
          + "'dovetail meta delete \(CollectionDefinition.reserved) \(collection)'")
    }
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
