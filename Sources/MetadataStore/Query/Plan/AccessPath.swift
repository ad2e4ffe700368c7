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

  /// Calls `body` with the records, each once, until it returns false.
  func forEach<Failure: Error>(
    _ body: (MetadataRecord) throws(Failure) -> Bool
  ) throws(Failure) {
    switch path {
    case .keys(let ranges): try forEach(keys: ranges, body)
    case .index(let index, let ranges): try forEach(of: index, ranges, body)
    case .found(let records):
      for record in isReversed ? records.reversed() : records where try !body(record) { return }
    }
  }

  private func forEach<Failure: Error>(
    keys ranges: [ValueRange], _ body: (MetadataRecord) throws(Failure) -> Bool
  ) throws(Failure) {
    var goesOn = true
    for range in isReversed ? ranges.reversed() : ranges where goesOn {
      if isReversed {
        try state.records.forEachReversed(before: { record in
          if range.endPosition({ Self.compare(record, $0.value) }) > 0 { return 1 }
          return start.map { Self.compare(record, $0.key) < 0 ? -1 : 1 } ?? -1
        }) { (record) throws(Failure) in
          guard range.startPosition({ Self.compare(record, $0.value) }) > 0 else { return false }
          goesOn = try body(record)
          return goesOn
        }
      } else {
        try state.records.forEach(from: { record in
          if range.startPosition({ Self.compare(record, $0.value) }) < 0 { return -1 }
          return start.map { Self.compare(record, $0.key) <= 0 ? -1 : 1 } ?? 1
        }) { (record) throws(Failure) in
          guard range.endPosition({ Self.compare(record, $0.value) }) < 0 else { return false }
          goesOn = try body(record)
          return goesOn
        }
      }
    }
  }

  private func forEach<Failure: Error>(
    of index: CollectionIndex, _ ranges: [ValueRange],
    _ body: (MetadataRecord) throws(Failure) -> Bool
  ) throws(Failure) {
    var goesOn = true
    var last: RecordBlock?
    for range in isReversed ? ranges.reversed() : ranges where goesOn {
      if isReversed {
        try index.entries.forEachReversed(before: { entry in
          if range.endPosition({ index.compare(entry, $0) }) > 0 { return 1 }
          return start.map { index.compare(entry, $0) < 0 ? -1 : 1 } ?? -1
        }) { (entry) throws(Failure) in
          guard range.startPosition({ index.compare(entry, $0) }) > 0 else { return false }
          guard entry.record.block !== last else { return true }
          if index.definition.isByElement { last = entry.record.block }
          goesOn = try body(entry.record)
          return goesOn
        }
      } else {
        try index.entries.forEach(from: { entry in
          if range.startPosition({ index.compare(entry, $0) }) < 0 { return -1 }
          return start.map { index.compare(entry, $0) <= 0 ? -1 : 1 } ?? 1
        }) { (entry) throws(Failure) in
          guard range.endPosition({ index.compare(entry, $0) }) < 0 else { return false }
          guard entry.record.block !== last else { return true }
          if index.definition.isByElement { last = entry.record.block }
          goesOn = try body(entry.record)
          return goesOn
        }
      }
    }
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
        sum
          + state.records.estimate(
            from: { record in range.startPosition { RecordScan.compare(record, $0.value) } },
            to: { record in range.endPosition { RecordScan.compare(record, $0.value) } })
      }
    case .index(let index, let ranges):
      ranges.reduce(0) { sum, range in
        sum
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
    if entry.key != bound.key.bits { return entry.key < bound.key.bits ? -1 : 1 }
    return bound.value.withView { compare(entry, $0, bound.key) }
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
