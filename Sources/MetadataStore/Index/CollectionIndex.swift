/// One index of a collection, as a value: the records by a field, in the order of `ValueOrder`, then by key.
struct CollectionIndex: Sendable {
  private(set) var rules: IndexRules
  private(set) var entries = SortedTree<IndexEntry>()

  /// An empty index.
  init(_ definition: IndexDefinition, _ window: KeyWindow = KeyWindow()) {
    rules = IndexRules(definition, window)
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
    let rules = rules
    var entries: [IndexEntry] = []
    var looked = 0
    var goesOn = true
    records.forEach { record in
      rules.forEachPlace(of: record) { entries.append(IndexEntry($0, record)) }
      looked += 1
      if looked % 4096 == 0 { goesOn = progress(looked) }
      return goesOn
    }
    guard goesOn, progress(looked) else { return nil }
    entries.sort { rules.compare($0, $1) < 0 }
    self.entries = SortedTree(sorted: entries)
  }

  /// What is indexed.
  var definition: IndexDefinition { rules.definition }

  /// Goes over to another window on keys.
  mutating func adapt(_ window: KeyWindow) {
    guard window != rules.window else { return }
    rules = IndexRules(definition, window)
    entries.rewrite { $0.adapt(window) }
  }

  /// Follows a change of one record.
  ///
  /// - Parameters:
  ///   - former: The record before, if there was one.
  ///   - record: The record after, if there is one.
  mutating func update(from former: MetadataRecord?, to record: MetadataRecord?) {
    // Nothing here may ask `self` for more than its rules: a copy of it, however short, shares every node, and each write would
    // copy those it changes.
    let rules = rules
    if !rules.isByElement, let former, let record {
      let old = rules.place(of: former)
      let new = rules.place(of: record)
      // An entry of the same value takes the place of the former one.
      if let old, !Self.haveEqualValues(old, former, new, record, rules) {
        Self.remove(old, of: former, &entries, rules)
      }
      if let new { Self.insert(new, of: record, &entries, rules) }
      return
    }
    if let former {
      rules.forEachPlace(of: former) { Self.remove($0, of: former, &entries, rules) }
    }
    if let record {
      rules.forEachPlace(of: record) { Self.insert($0, of: record, &entries, rules) }
    }
  }

  private static func haveEqualValues(
    _ old: IndexPlace, _ former: MetadataRecord, _ new: IndexPlace?, _ record: MetadataRecord,
    _ rules: IndexRules
  ) -> Bool {
    guard let new, old.key == new.key else { return false }
    if old.isExact, new.isExact { return true }
    return rules.compareValues(IndexEntry(old, former), IndexEntry(new, record)) == 0
  }

  private static func insert(
    _ place: IndexPlace, of record: MetadataRecord, _ entries: inout SortedTree<IndexEntry>,
    _ rules: IndexRules
  ) {
    entries.insert(IndexEntry(place, record), IndexPosition(place, of: record, rules))
  }

  private static func remove(
    _ place: IndexPlace, of record: MetadataRecord, _ entries: inout SortedTree<IndexEntry>,
    _ rules: IndexRules
  ) {
    entries.remove(IndexPosition(place, of: record, rules))
  }
}
