/// One index of a collection, as a value: the records by a field, in the order of `ValueOrder`, then by key.
struct CollectionIndex: Sendable {
  let definition: IndexDefinition
  private(set) var entries = SortedTree<IndexEntry>()
  private var window: KeyWindow

  /// An empty index.
  init(_ definition: IndexDefinition, _ window: KeyWindow = KeyWindow()) {
    self.definition = definition
    self.window = window
  }

  /// The index of records; `nil` when `progress` ended it.
  ///
  /// - Parameters:
  ///   - definition: What is indexed.
  ///   - records: All records of the collection.
  ///   - progress: Told how many records were looked at, now and then; returns whether to go on.
  init?(
    _ definition: IndexDefinition, of records: RecordTree,
    progress: (Int) -> Bool = { _ in true }
  ) {
    self.init(definition, records.narrowWindow)
    var entries: [IndexEntry] = []
    var looked = 0
    var goesOn = true
    records.forEach { record in
      Self.forEachEntry(of: record, definition, window) { entries.append($0) }
      looked += 1
      if looked % 4096 == 0 { goesOn = progress(looked) }
      return goesOn
    }
    guard goesOn, progress(looked) else { return nil }
    entries.sort { compare($0, $1) < 0 }
    self.entries = SortedTree(sorted: entries)
  }

  /// Goes over to another window on keys.
  mutating func adapt(_ window: KeyWindow) {
    guard window != self.window else { return }
    self.window = window
    entries.rewrite { $0.adapt(window) }
  }

  /// Follows a change of one record.
  ///
  /// - Parameters:
  ///   - former: The record before, if there was one.
  ///   - record: The record after, if there is one.
  mutating func update(from former: MetadataRecord?, to record: MetadataRecord?) {
    // Nothing here may ask `self` for more than its definition: a copy of it, however short, shares every node, and each write
    // would copy those it changes.
    let (definition, window) = (definition, window)
    if !definition.isByElement, let former, let record {
      let old = Self.entry(of: former, definition, window)
      let new = Self.entry(of: record, definition, window)
      // An entry of the same value takes the place of the former one.
      if let old, !Self.haveEqualValues(old, new, definition) {
        Self.remove(old, &entries, definition)
      }
      if let new { Self.insert(new, &entries, definition) }
      return
    }
    if let former {
      Self.forEachEntry(of: former, definition, window) { Self.remove($0, &entries, definition) }
    }
    if let record {
      Self.forEachEntry(of: record, definition, window) { Self.insert($0, &entries, definition) }
    }
  }

  private static func haveEqualValues(
    _ left: IndexEntry, _ right: IndexEntry?, _ definition: IndexDefinition
  ) -> Bool {
    guard let right else { return false }
    return compareValues(left, right, definition.path, definition.isByElement) == 0
  }

  private static func insert(
    _ entry: IndexEntry, _ entries: inout SortedTree<IndexEntry>, _ definition: IndexDefinition
  ) {
    unsafe entries.insert(entry) { unsafe order($0, entry, definition) }
  }

  private static func remove(
    _ entry: IndexEntry, _ entries: inout SortedTree<IndexEntry>, _ definition: IndexDefinition
  ) {
    unsafe entries.remove { unsafe order($0, entry, definition) }
  }

  private static func entry(
    of record: MetadataRecord, _ definition: IndexDefinition, _ window: KeyWindow
  ) -> IndexEntry? {
    record.withView { view in
      view.field(definition.path).map { IndexEntry($0, ordinal: 0, of: record, window) }
    }
  }

  private static func forEachEntry(
    of record: MetadataRecord, _ definition: IndexDefinition, _ window: KeyWindow,
    _ body: (IndexEntry) -> Void
  ) {
    record.withView { view in
      guard let field = view.field(definition.path) else { return }
      guard definition.isByElement, field.kind == .list else {
        return body(IndexEntry(field, ordinal: 0, of: record, window))
      }
      var ordinal: UInt32 = 0
      field.forEachElement { element in
        body(IndexEntry(element, ordinal: ordinal, of: record, window))
        ordinal += 1
        return true
      }
    }
  }
}
