/// How a query comes to the records that it looks at.
enum AccessPath {
  /// By key: ranges of keys, disjoint and in order.
  case keys([ValueRange])
  /// By an index of the collection: its place among them, and ranges of values, disjoint and in order.
  case index(CollectionIndex, [ValueRange])
  /// The records of keys that the provider found by words, in order of the keys.
  case found([MetadataRecord])
}

/// A walk over records in one direction, from a place on.
struct RecordScan {
  let state: CollectionState
  let path: AccessPath
  let isReversed: Bool
  /// The place behind which it begins, when it goes in the order that the place is of.
  let start: Start?

  /// The place of a record.
  struct Start {
    /// Its value in the index.
    let value: ValueRange.Bound?
    /// Its key.
    let key: PackedValue
  }

  /// Calls `body` with the records, some at a time, until it returns false.
  ///
  /// An index by elements may have a record several times in a row.
  func forEachLeaf(_ body: (RecordLeaf) -> Bool) {
    switch path {
    case .keys(let ranges):
      let offset = MemoryLayout<RecordEntry>.offset(of: \.record) ?? 0
      for range in isReversed ? ranges.reversed() : ranges {
        let goesOn = forEachLeaf(
          of: state.records.entries, recordAt: offset, range, { Self.compare($0.record, $1.value) },
          start.map { start in { Self.compare($0.record, start.key) } }, body)
        guard goesOn else { return }
      }
    case .index(let index, let ranges):
      let offset = MemoryLayout<IndexEntry>.offset(of: \.record) ?? 0
      for range in isReversed ? ranges.reversed() : ranges {
        let goesOn = forEachLeaf(
          of: index.entries, recordAt: offset, range, { index.compare($0, $1) },
          start.map { start in { index.compare($0, start) } }, body)
        guard goesOn else { return }
      }
    case .found(let records):
      _ = unsafe records.withUnsafeBufferPointer { unsafe lend($0, recordAt: 0, body) }
    }
  }

  private func forEachLeaf<Element: Sendable>(
    of tree: SortedTree<Element>, recordAt offset: Int, _ range: ValueRange,
    _ compare: @escaping (Element, ValueRange.Bound) -> Int, _ toStart: ((Element) -> Int)?,
    _ body: (RecordLeaf) -> Bool
  ) -> Bool {
    var goesOn = true
    if isReversed {
      unsafe tree.forEachLeafReversed(before: { element in
        if range.endPosition({ compare(element, $0) }) > 0 { return 1 }
        return toStart.map { $0(element) < 0 ? -1 : 1 } ?? -1
      }) { elements in
        func isOutside(_ element: Element) -> Bool {
          range.startPosition { compare(element, $0) } < 0
        }
        let isLast = unsafe elements.first.map(isOutside) ?? false
        let part = unsafe isLast ? elements.drop(while: isOutside) : elements[...]
        goesOn = unsafe lend(UnsafeBufferPointer(rebasing: part), recordAt: offset, body)
        return goesOn && !isLast
      }
    } else {
      unsafe tree.forEachLeaf(from: { element in
        if range.startPosition({ compare(element, $0) }) < 0 { return -1 }
        return toStart.map { $0(element) <= 0 ? -1 : 1 } ?? 1
      }) { elements in
        func isInside(_ element: Element) -> Bool {
          range.endPosition { compare(element, $0) } < 0
        }
        let isLast = unsafe elements.last.map { !isInside($0) } ?? false
        let part = unsafe isLast ? elements.prefix(while: isInside) : elements[...]
        goesOn = unsafe lend(UnsafeBufferPointer(rebasing: part), recordAt: offset, body)
        return goesOn && !isLast
      }
    }
    return goesOn
  }

  private func lend<Element>(
    _ elements: UnsafeBufferPointer<Element>, recordAt offset: Int, _ body: (RecordLeaf) -> Bool
  ) -> Bool {
    unsafe RecordLeaf(elements, recordAt: offset, isReversed: isReversed).map(body) ?? true
  }

  /// Whether a record may come several times in a row.
  var repeatsRecords: Bool {
    if case .index(let index, _) = path { index.definition.isByElement } else { false }
  }

  /// How a record's key stands to a value.
  static func compare(_ record: MetadataRecord, _ value: PackedValue) -> Int {
    value.withView { view in
      guard view.kind == .string else {
        return ValueOrder.rank(.string) - ValueOrder.rank(view.kind)
      }
      return unsafe ByteOrder.compare(record.block.key, view.text)
    }
  }
}

extension AccessPath {
  /// About how many records it comes to.
  func estimate(in state: CollectionState) -> Int {
    switch self {
    case .found(let records): records.count
    case .keys(let ranges):
      ranges.reduce(0) { sum, range in
        range.isUnbounded
          ? state.records.count
          : sum
            + state.records.entries.estimate(
              from: { entry in range.startPosition { RecordScan.compare(entry.record, $0.value) } },
              to: { entry in range.endPosition { RecordScan.compare(entry.record, $0.value) } })
      }
    case .index(let index, let ranges):
      ranges.reduce(0) { sum, range in
        range.isUnbounded
          ? index.entries.count
          : sum
            + index.entries.estimate(
              from: { entry in range.startPosition { index.compare(entry, $0) } },
              to: { entry in range.endPosition { index.compare(entry, $0) } })
      }
    }
  }
}

extension CollectionIndex {
  /// How an entry's value stands to a bound.
  func compare(_ entry: IndexEntry, _ bound: ValueRange.Bound) -> Int {
    let key = entry.place.key
    if key != bound.key.bits { return key < bound.key.bits ? -1 : 1 }
    return bound.value.withView { rules.compare(entry, $0, bound.key) }
  }

  /// How an entry stands to a place in the index.
  func compare(_ entry: IndexEntry, _ start: RecordScan.Start) -> Int {
    if let value = start.value {
      let order = compare(entry, value)
      if order != 0 { return order }
    }
    return RecordScan.compare(entry.record, start.key)
  }
}
