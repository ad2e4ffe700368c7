/// What one group tells.
struct GroupRow {
  /// For each term; `nil` for what its records lack.
  let values: [MetadataValue?]

  init(_ values: [MetadataValue?]) {
    self.values = values
  }

  /// Whether it fulfils a condition.
  func fulfils(_ program: QueryProgram) -> Bool {
    var bytes: [UInt8] = []
    var places: [Int?] = []
    for value in values {
      places.append(value == nil ? nil : bytes.count)
      if let value { bytes += PackedValue(value).bytes }
    }
    return unsafe bytes.withUnsafeBufferPointer { bytes in
      unsafe withUnsafeTemporaryAllocation(
        of: UnsafePointer<UInt8>?.self, capacity: values.count + 1
      ) { row in
        unsafe row.initialize(repeating: nil)
        for (slot, place) in places.enumerated() {
          if let place, let base = bytes.baseAddress { unsafe row[slot] = unsafe base + place }
        }
        guard let row = row.baseAddress else { return true }
        return unsafe program.accepts(row)
      }
    }
  }

  /// What it is ordered by.
  func key(_ order: GroupOrder) -> [PackedValue?] {
    order.terms.map { term in values[term.place].map { PackedValue($0) } }
  }
}

/// The complete order of groups: its terms, then the fields that make groups.
struct GroupOrder {
  /// Places among the terms of rows.
  let terms: [(place: Int, isDescending: Bool)]

  /// Completes the order of a query.
  init(_ query: MetadataQuery, _ shown: [QueryTerm]) {
    var terms: [(Int, Bool)] = []
    func add(_ term: QueryTerm, _ isDescending: Bool) {
      guard let place = shown.firstIndex(of: term) else { return }
      if !terms.contains(where: { $0.0 == place }) { terms.append((place, isDescending)) }
    }
    for order in query.ordering { add(order.term, order.isDescending) }
    let isDescending = query.ordering.last?.isDescending ?? false
    for field in query.grouping { add(.record(field), isDescending) }
    self.terms = terms
  }

  /// Negative when the left one comes first.
  func compare(_ left: [PackedValue?], _ right: [PackedValue?]) -> Int {
    for (index, term) in terms.enumerated() {
      let order = Self.compare(left[index], right[index])
      if order != 0 { return term.isDescending ? -order : order }
    }
    return 0
  }

  private static func compare(_ left: PackedValue?, _ right: PackedValue?) -> Int {
    guard let left else { return right == nil ? 0 : -1 }
    return left.withView { RecordOrder.compare($0, right) }
  }
}
