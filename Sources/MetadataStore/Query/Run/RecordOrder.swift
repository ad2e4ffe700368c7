/// The complete order of the records that a query finds: its terms, then the record's key.
struct RecordOrder: Sendable {
  struct Term: Sendable, Equatable {
    let field: QueryField
    let isDescending: Bool
  }

  /// At least one; the last one is the key.
  let terms: [Term]

  /// Completes an order.
  init(_ ordering: [QueryOrder]) {
    var terms: [Term] = []
    for order in ordering {
      guard case .record(let field) = order.term else { continue }
      if !terms.contains(where: { $0.field == field }) {
        terms.append(Term(field: field, isDescending: order.isDescending))
      }
      if field == .key { break }
    }
    if terms.last?.field != .key {
      terms.append(Term(field: .key, isDescending: ordering.last?.isDescending ?? false))
    }
    self.terms = terms
  }

  /// Negative when the left one comes first. No two records are equal.
  func compare(_ left: MetadataRecord, _ right: MetadataRecord) -> Int {
    for term in terms {
      let order = term.field.compare(left, right)
      if order != 0 { return term.isDescending ? -order : order }
    }
    return 0
  }

  /// Negative when a record comes before the place of a cursor.
  func compare(_ record: MetadataRecord, _ cursor: QueryCursor) -> Int {
    for (term, value) in zip(terms, cursor.values) {
      let order = term.field.withValue(of: record) { found in
        Self.compare(found, value)
      }
      if order != 0 { return term.isDescending ? -order : order }
    }
    return 0
  }

  static func compare(_ found: PackedView?, _ value: PackedValue?) -> Int {
    guard let value else { return found == nil ? 0 : 1 }
    return value.withView { value in found.map { ValueOrder.compare($0, value) } ?? -1 }
  }

  /// The beginning of the first term in 64 bits that have the order of records, or are equal.
  func bits(of record: MetadataRecord) -> UInt64 {
    let bits = terms[0].field.withValue(of: record) { $0.map { SortKey($0).bits } ?? 0 }
    return terms[0].isDescending ? ~bits : bits
  }
}

extension QueryField {
  /// How two records stand to each other by the field.
  fileprivate func compare(_ left: MetadataRecord, _ right: MetadataRecord) -> Int {
    if self == .key { return unsafe ByteOrder.compare(left.block.key, right.block.key) }
    return withValue(of: left) { first in
      withValue(of: right) { second in
        guard let first, let second else { return (first == nil ? 0 : 1) - (second == nil ? 0 : 1) }
        return ValueOrder.compare(first, second)
      }
    }
  }

  /// Lends what a record has there.
  func withValue<Result>(
    of record: MetadataRecord, _ body: (PackedView?) -> Result
  ) -> Result {
    if case .path(let path) = self {
      return record.withView { body($0.field(path)) }
    }
    guard let value = ofRecord(record) else { return body(nil) }
    return PackedValue(value).withView { body($0) }
  }

  /// What a record has there, decoded; `nil` when it lacks the field.
  func value(of record: MetadataRecord) -> MetadataValue? {
    if case .path(let path) = self { return record.withView { $0.field(path)?.value } }
    return ofRecord(record)
  }

  private func ofRecord(_ record: MetadataRecord) -> MetadataValue? {
    switch self {
    case .path: nil
    case .key: .string(record.key)
    case .version: .int(Int64(clamping: record.version))
    case .created: .int(Int64(clamping: record.created))
    case .modified: .int(Int64(clamping: record.modified))
    case .expires: record.expires.map { .date(nanoseconds: $0) }
    }
  }
}
