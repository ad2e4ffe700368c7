import HostSupport

/// Holds writes against the definitions of their collections.
///
/// For each write of a transaction `prepared` fills in defaults and checks types and ranges; behind the last one `admit` checks what
/// the transaction leaves: unique keys, then references. What was admitted counts for the transactions behind it, until it is
/// settled or taken back.
///
/// Threading: the store's one writer.
struct WriteCheck {
  /// Reads a record as the transactions so far leave it.
  typealias Lookup = (_ collection: String, _ key: String) -> MetadataRecord?

  private(set) var catalog = CollectionCatalog()
  private var tables = ConstraintTables()
  /// The catalog as it was when what was admitted was last settled, if it was changed since.
  private var former: CollectionCatalog?

  /// A check that knows no definition.
  init() {}

  /// A check of what a store holds. What breaks a constraint already is left as it is.
  ///
  /// - Parameters:
  ///   - catalog: The definitions.
  ///   - records: Calls its argument with every record of a collection.
  init(
    _ catalog: CollectionCatalog,
    records: (_ collection: String, _ body: (MetadataRecord) -> Void) -> Void
  ) {
    self.catalog = catalog
    for definition in catalog.all where catalog.isConstrained(definition.collection) {
      records(definition.collection) { record in
        note(record, definition)
        tables.settle()
      }
    }
  }

  /// Checks a value before it is written.
  ///
  /// - Parameters:
  ///   - value: What is asked.
  ///   - definition: The collection's.
  ///   - key: The record's key, for messages.
  /// - Returns: The value with its defaults, or `nil` when it stays as it is.
  /// - Throws: `.invalid` with the first thing that does not fit, or `.tooLarge`.
  static func prepared(
    _ value: PackedValue, _ definition: CollectionDefinition, _ key: String
  ) throws(MetadataError) -> PackedValue? {
    guard let schema = definition.schema, !value.withView(schema.fitsAsIs) else { return nil }
    let filled = try definition.filled(value.value).map { PackedValue($0) }
    if let violation = (filled ?? value).withView({ schema.violations(in: $0, atMost: 1) }).first {
      throw .unfit(definition.collection, key, violation)
    }
    return filled
  }

  /// Checks what a transaction leaves; nothing is admitted when it is refused.
  ///
  /// - Parameters:
  ///   - changes: All of the transaction's, in order.
  ///   - lookup: Reads records as the transaction leaves them.
  /// - Throws: `.invalid`, naming the other record.
  mutating func admit(
    _ changes: [MetadataChange], _ lookup: Lookup
  ) throws(MetadataError) {
    guard catalog.hasConstraints else { return }
    let constrained = Self.net(changes).filter { catalog.isConstrained($0.collection) }
    guard !constrained.isEmpty else { return }
    let mark = tables.mark
    do throws(MetadataError) {
      for change in constrained { release(change) }
      for change in constrained { try take(change, lookup) }
      for change in constrained where change.new == nil { try checkUnnamed(change) }
    } catch {
      tables.takeBack(to: mark)
      throw error
    }
  }

  /// Makes what was admitted final: it was saved.
  mutating func settle() {
    tables.settle()
    former = nil
  }

  /// Takes back what was admitted since it was last settled: it could not be saved.
  mutating func takeBack() {
    tables.takeBack()
    if let former { catalog = former }
    former = nil
  }

  /// Takes a definition, with what it makes of the records that are there; nothing changes when it is refused.
  ///
  /// - Parameters:
  ///   - definition: `nil` for none.
  ///   - collection: The collection's name.
  ///   - records: Every record of the collection, as the former definition has it and as the new one has it.
  ///   - lookup: Reads records as the transaction leaves them.
  /// - Throws: `.invalid` with the first record that breaks a constraint.
  mutating func define(
    _ definition: CollectionDefinition?, of collection: String,
    records: [(old: MetadataRecord, new: MetadataRecord)], _ lookup: Lookup
  ) throws(MetadataError) {
    let present = catalog
    let mark = tables.mark
    for record in records {
      release(NetChange(collection: collection, old: record.old, new: nil))
    }
    catalog.set(definition, of: collection)
    do throws(MetadataError) {
      for record in records {
        try take(NetChange(collection: collection, old: nil, new: record.new), lookup)
      }
    } catch {
      catalog = present
      tables.takeBack(to: mark)
      throw error
    }
    former = former ?? present
  }

  // MARK: One record

  /// What a transaction does to one record.
  private struct NetChange {
    let collection: String
    let old: MetadataRecord?
    let new: MetadataRecord?
  }

  private static func net(_ changes: [MetadataChange]) -> [NetChange] {
    if changes.count == 1, let change = changes.first {
      return [
        NetChange(
          collection: change.record.collection, old: change.previous,
          new: change.isRemoval ? nil : change.record)
      ]
    }
    var result: [NetChange] = []
    var places: [RecordID: Int] = [:]
    for change in changes {
      let record = change.record
      let new = change.isRemoval ? nil : record
      let id = RecordID(record.collection, record.key)
      if let place = places[id] {
        result[place] = NetChange(
          collection: record.collection, old: result[place].old, new: new)
      } else {
        places[id] = result.count
        result.append(NetChange(collection: record.collection, old: change.previous, new: new))
      }
    }
    return result
  }

  /// Gives back what a record had before.
  private mutating func release(_ change: NetChange) {
    guard let old = change.old,
      let definition = catalog.entry(of: change.collection)?.definition, definition.isConstraining
    else { return }
    for (constraint, key) in definition.uniqueKeys(of: old) {
      tables.hold(key, constraint, in: change.collection, by: nil)
    }
    // What was written before there were references may have something else there.
    for (reference, target) in (try? definition.referenceTargets(of: old)) ?? [] {
      tables.unname(
        target,
        by: .init(collection: change.collection, key: old.key, reference: reference))
    }
  }

  /// Gives a record what it has from now on.
  private mutating func take(_ change: NetChange, _ lookup: Lookup) throws(MetadataError) {
    guard let new = change.new,
      let definition = catalog.entry(of: change.collection)?.definition, definition.isConstraining
    else { return }
    for (constraint, key) in definition.uniqueKeys(of: new) {
      if let holder = tables.holder(of: key, constraint, in: change.collection) {
        throw .taken(new, definition.unique[constraint], key, by: holder)
      }
      tables.hold(key, constraint, in: change.collection, by: new.key)
    }
    let targets: [(reference: Int, target: ReferenceTarget)]
    do throws(ValueSchema.Violation) {
      targets = try definition.referenceTargets(of: new)
    } catch {
      throw .unfit(change.collection, new.key, error)
    }
    for (reference, target) in targets {
      // What is looked up need not know the record itself yet.
      let isItself = target == ReferenceTarget(collection: change.collection, key: new.key)
      guard isItself || lookup(target.collection, target.key) != nil else {
        throw .dangling(new, definition.references[reference], target)
      }
      tables.name(
        target,
        by: .init(collection: change.collection, key: new.key, reference: reference))
    }
  }

  /// Notes what a record has, whatever others have.
  private mutating func note(_ record: MetadataRecord, _ definition: CollectionDefinition) {
    let (collection, name) = (definition.collection, record.key)
    for (constraint, key) in definition.uniqueKeys(of: record)
    where tables.holder(of: key, constraint, in: collection) == nil {
      tables.hold(key, constraint, in: collection, by: name)
    }
    for (reference, target) in (try? definition.referenceTargets(of: record)) ?? [] {
      tables.name(target, by: .init(collection: collection, key: name, reference: reference))
    }
  }

  /// Refuses a removal of what others name.
  private func checkUnnamed(_ change: NetChange) throws(MetadataError) {
    guard let old = change.old else { return }
    let target = ReferenceTarget(collection: change.collection, key: old.key)
    guard let source = tables.source(of: target) else { return }
    let field = catalog[source.collection]?.references[source.reference].field.description ?? ""
    throw .named(target, by: source, field)
  }
}

extension CollectionDefinition {
  /// Whether records are held against other records.
  var isConstraining: Bool { !unique.isEmpty || !references.isEmpty }
}

extension MetadataError {
  fileprivate static func unfit(
    _ collection: String, _ key: String, _ violation: ValueSchema.Violation
  ) -> MetadataError {
    .invalid(
      "\(collection)/\(key) does not fit the definition of \(collection): \(violation.description)")
  }

  fileprivate static func taken(
    _ record: MetadataRecord, _ fields: [FieldPath], _ key: UniqueKey, by holder: String
  ) -> MetadataError {
    let names = fields.map(\.description).joined(separator: ", ")
    return .invalid(
      "\(record.collection)/\(record.key) does not fit the definition of \(record.collection): "
        + "its \(names) must be unique, but \(record.collection)/\(holder) has \(key.words) too; "
        + "take another, or change that record first")
  }

  fileprivate static func dangling(
    _ record: MetadataRecord, _ reference: Reference, _ target: ReferenceTarget
  ) -> MetadataError {
    .invalid(
      "\(record.collection)/\(record.key) does not fit the definition of \(record.collection): "
        + "its \(reference.field) names \(target.collection)/\(target.key), which does not exist; "
        + "create that record first, or in the same transaction")
  }

  fileprivate static func named(
    _ target: ReferenceTarget, by source: ConstraintTables.Source, _ field: String
  ) -> MetadataError {
    .invalid(
      "\(target.collection)/\(target.key) cannot be removed: \(source.collection)/\(source.key) "
        + "names it in its \(field); change or remove that record first, or in the same transaction"
    )
  }
}
