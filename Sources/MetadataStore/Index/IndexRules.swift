/// What an index goes by: the field, and the order of entries by value, then by the record's key, then by the place in its list.
///
/// An object, so that a comparison counts no references to the parts of a definition.
final class IndexRules: Sendable {
  let definition: IndexDefinition
  let path: FieldPath
  /// Whether each element of a list has an entry of its own.
  let isByElement: Bool
  let window: KeyWindow

  init(_ definition: IndexDefinition, _ window: KeyWindow) {
    self.definition = definition
    path = definition.path
    isByElement = definition.isByElement
    self.window = window
  }

  // MARK: Entries

  /// The place of a record by its field, whatever that is; `nil` when it has none.
  func place(of record: MetadataRecord) -> IndexPlace? {
    record.withView { view in
      view.field(path).map { IndexPlace($0, ordinal: 0, of: record, window) }
    }
  }

  /// Calls `body` with each place of a record.
  func forEachPlace(of record: MetadataRecord, _ body: (IndexPlace) -> Void) {
    record.withView { view in
      guard let field = view.field(path) else { return }
      guard isByElement, field.kind == .list else {
        return body(IndexPlace(field, ordinal: 0, of: record, window))
      }
      var ordinal: UInt32 = 0
      field.forEachElement { element in
        body(IndexPlace(element, ordinal: ordinal, of: record, window))
        ordinal += 1
        return true
      }
    }
  }

  // MARK: Order

  /// Compares two entries.
  func compare(_ left: IndexEntry, _ right: IndexEntry) -> Int {
    let order = compareValues(left, right)
    if order != 0 { return order }
    let (first, second) = (left.place, right.place)
    if first.keyDigest != second.keyDigest { return first.keyDigest < second.keyDigest ? -1 : 1 }
    let keys = unsafe ByteOrder.compare(left.record.block.key, right.record.block.key)
    return keys != 0 ? keys : Int(first.ordinal) - Int(second.ordinal)
  }

  /// Compares the values of two entries.
  func compareValues(_ left: IndexEntry, _ right: IndexEntry) -> Int {
    let (first, second) = (left.place, right.place)
    if first.key != second.key { return first.key < second.key ? -1 : 1 }
    if first.isExact, second.isExact { return 0 }
    return withValue(of: left) { first in
      withValue(of: right) { ValueOrder.compare(first, $0) }
    }
  }

  /// Compares an entry's value with another one.
  ///
  /// - Parameters:
  ///   - entry: An entry of this index.
  ///   - value: The value.
  ///   - key: Its `SortKey`.
  /// - Returns: Negative when the entry's value comes first, 0 when they are worth the same.
  func compare(_ entry: IndexEntry, _ value: PackedView, _ key: SortKey) -> Int {
    if entry.place.key != key.bits { return entry.place.key < key.bits ? -1 : 1 }
    if entry.place.isExact, key.isExact { return 0 }
    return withValue(of: entry) { ValueOrder.compare($0, value) }
  }

  /// Lends the value that an entry stands for.
  func withValue<Result>(of entry: IndexEntry, _ body: (PackedView) -> Result) -> Result {
    entry.record.withView { view in
      guard let field = view.field(path) else { return body(view) }
      guard isByElement, field.kind == .list else { return body(field) }
      var found = field
      var left = entry.place.ordinal
      field.forEachElement { element in
        found = element
        left &-= 1
        return left != UInt32.max
      }
      return body(found)
    }
  }
}
