/// The order of entries of an index: by value, then by the record's key, then by the place in its list.
extension CollectionIndex {
  func compare(_ left: IndexEntry, _ right: IndexEntry) -> Int {
    Self.compare(left, right, definition.path, definition.isByElement)
  }

  /// Compares two entries, of which one is looked at beyond its key only when it must be.
  @inline(__always)
  static func order(
    _ left: UnsafePointer<IndexEntry>, _ right: IndexEntry, _ definition: IndexDefinition
  ) -> Int {
    let key = unsafe left.pointee.key
    if key != right.key { return key < right.key ? -1 : 1 }
    guard unsafe left.pointee.isExact, right.isExact else {
      return unsafe compare(left.pointee, right, definition.path, definition.isByElement)
    }
    let digest = unsafe left.pointee.keyDigest
    if digest != right.keyDigest { return digest < right.keyDigest ? -1 : 1 }
    let keys = unsafe RecordBlock.compareKey(of: left.pointee.record, to: right.record.block.key)
    return unsafe keys != 0 ? keys : Int(left.pointee.ordinal) - Int(right.ordinal)
  }

  /// Compares two entries.
  static func compare(
    _ left: IndexEntry, _ right: IndexEntry, _ path: FieldPath, _ isByElement: Bool
  ) -> Int {
    if left.key != right.key { return left.key < right.key ? -1 : 1 }
    let order = compareValues(left, right, path, isByElement)
    if order != 0 { return order }
    if left.keyDigest != right.keyDigest { return left.keyDigest < right.keyDigest ? -1 : 1 }
    let keys = unsafe ByteOrder.compare(left.record.block.key, right.record.block.key)
    return keys != 0 ? keys : Int(left.ordinal) - Int(right.ordinal)
  }

  /// Compares the values of two entries.
  static func compareValues(
    _ left: IndexEntry, _ right: IndexEntry, _ path: FieldPath, _ isByElement: Bool
  ) -> Int {
    if left.key != right.key { return left.key < right.key ? -1 : 1 }
    if left.isExact, right.isExact { return 0 }
    return withValue(of: left, path, isByElement) { first in
      withValue(of: right, path, isByElement) { ValueOrder.compare(first, $0) }
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
    if entry.key != key.bits { return entry.key < key.bits ? -1 : 1 }
    if entry.isExact, key.isExact { return 0 }
    return Self.withValue(of: entry, definition.path, definition.isByElement) {
      ValueOrder.compare($0, value)
    }
  }

  /// Lends the value that an entry stands for.
  func withValue<Result>(of entry: IndexEntry, _ body: (PackedView) -> Result) -> Result {
    Self.withValue(of: entry, definition.path, definition.isByElement, body)
  }

  private static func withValue<Result>(
    of entry: IndexEntry, _ path: FieldPath, _ isByElement: Bool,
    _ body: (PackedView) -> Result
  ) -> Result {
    entry.record.withView { view in
      guard let field = view.field(path) else { return body(view) }
      guard isByElement, field.kind == .list else { return body(field) }
      var found = field
      var left = entry.ordinal
      field.forEachElement { element in
        found = element
        left &-= 1
        return left != UInt32.max
      }
      return body(found)
    }
  }
}
