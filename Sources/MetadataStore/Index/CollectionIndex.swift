/// One index of a collection, as a value: the records by a field, in the order of `ValueOrder`, then by key.
struct CollectionIndex: Sendable {
  let definition: IndexDefinition
  var entries = SortedTree<IndexEntry>()

  /// An empty index.
  init(_ definition: IndexDefinition) {
    self.definition = definition
  }

  /// The index of records; `nil` when `progress` ended it.
  ///
  /// - Parameters:
  ///   - definition: What is indexed.
  ///   - records: All records of the collection.
  ///   - progress: Told how many records were looked at, now and then; returns whether to go on.
  init?(
    _ definition: IndexDefinition, of records: SortedTree<MetadataRecord>,
    progress: (Int) -> Bool = { _ in true }
  ) {
    self.init(definition)
    var entries: [IndexEntry] = []
    var looked = 0
    var goesOn = true
    records.forEach { record in
      forEachEntry(of: record) { entries.append($0) }
      looked += 1
      if looked % 4096 == 0 { goesOn = progress(looked) }
      return goesOn
    }
    guard goesOn, progress(looked) else { return nil }
    entries.sort { compare($0, $1) < 0 }
    self.entries = SortedTree(sorted: entries)
  }

  /// Follows a change of one record.
  ///
  /// - Parameters:
  ///   - former: The record before, if there was one.
  ///   - record: The record after, if there is one.
  mutating func update(from former: MetadataRecord?, to record: MetadataRecord?) {
    if !definition.isByElement, let former, let record {
      let old = entry(of: former)
      let new = entry(of: record)
      // An entry of the same value takes the place of the former one.
      if let old, new.map({ compareValues(old, $0) != 0 }) ?? true { remove(old) }
      if let new { insert(new) }
      return
    }
    if let former { forEachEntry(of: former) { remove($0) } }
    if let record { forEachEntry(of: record) { insert($0) } }
  }

  private mutating func insert(_ entry: IndexEntry) {
    let definition = definition
    unsafe entries.insert(entry) { unsafe Self.order($0, entry, definition) }
  }

  private mutating func remove(_ entry: IndexEntry) {
    let definition = definition
    unsafe entries.remove { unsafe Self.order($0, entry, definition) }
  }

  private func entry(of record: MetadataRecord) -> IndexEntry? {
    record.withView { view in
      view.field(definition.path).map { IndexEntry($0, ordinal: 0, of: record) }
    }
  }

  private func forEachEntry(of record: MetadataRecord, _ body: (IndexEntry) -> Void) {
    record.withView { view in
      guard let field = view.field(definition.path) else { return }
      guard definition.isByElement, field.kind == .list else {
        return body(IndexEntry(field, ordinal: 0, of: record))
      }
      var ordinal: UInt32 = 0
      field.forEachElement { element in
        body(IndexEntry(element, ordinal: ordinal, of: record))
        ordinal += 1
        return true
      }
    }
  }
}
