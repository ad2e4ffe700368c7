/// Groups of records with their figures.
@safe struct Groups: ~Copyable {
  // Safe: the figures are this value's own and as many as `capacity` says.
  typealias Measured = (slot: Int, field: QueryField, wanted: Figures.Wanted)

  private var table: GroupTable
  private let grouping: [QueryField]
  private let measured: [Measured]
  private let copies: ValueCopies
  private var records: [Int] = []
  private var figures: UnsafeMutablePointer<Figures>
  private var capacity = 64
  private let sampled: Int
  private var samples: [Sample] = []

  /// Begins without groups.
  ///
  /// - Parameters:
  ///   - slots: Where fields are in a row.
  ///   - width: How many of them, the first ones, make a group.
  ///   - measured: What figures are made of.
  init(_ slots: FieldSlots, width: Int, _ measured: [Measured]) {
    copies = ValueCopies(slots)
    table = GroupTable(width: width, copies)
    grouping = Array(slots.fields.prefix(width))
    self.measured = measured
    sampled = measured.count { $0.wanted.contains(.sample) }
    unsafe figures = .allocate(capacity: capacity * max(1, measured.count))
  }

  deinit {
    unsafe figures.deallocate()
  }

  /// How many groups there are.
  var count: Int { records.count }

  /// Adds a record to its group.
  @inline(__always)
  mutating func add(_ row: Row) {
    let group = unsafe table.group(of: row)
    if group == records.count { begin() }
    records[group] += 1
    guard !measured.isEmpty else { return }
    let first = unsafe figures + group * measured.count
    var sample = group * sampled
    for index in 0..<measured.count {
      let wanted = measured[index].wanted
      let slot = measured[index].slot
      guard let value = unsafe row[slot] else {
        if wanted.contains(.sample) { sample += 1 }
        continue
      }
      let field = unsafe PackedView(value)
      unsafe first[index].present += 1
      if wanted.contains(.sum) { unsafe first[index].add(field) }
      if !wanted.isDisjoint(with: [.least, .greatest]) {
        unsafe first[index].compare(value, slot, wanted, copies)
      }
      if wanted.contains(.sample) {
        samples[sample].add(field)
        sample += 1
      }
    }
  }

  /// Without a grouping there is one group, be it of no records.
  mutating func addEmpty() {
    if records.isEmpty { begin() }
  }

  private mutating func begin() {
    if records.count == capacity {
      let wider = UnsafeMutablePointer<Figures>.allocate(
        capacity: capacity * 2 * max(1, measured.count))
      unsafe wider.moveInitialize(from: figures, count: capacity * measured.count)
      unsafe figures.deallocate()
      unsafe figures = unsafe wider
      capacity *= 2
    }
    unsafe (figures + records.count * measured.count).initialize(
      repeating: Figures(), count: measured.count)
    records.append(0)
    samples.append(contentsOf: repeatElement(Sample(), count: sampled))
  }

  /// What the groups tell.
  mutating func rows(of terms: [QueryTerm]) -> [GroupRow] {
    var rows: [GroupRow] = []
    for group in records.indices {
      var values: [MetadataValue?] = []
      for term in terms { values.append(value(of: term, group)) }
      rows.append(GroupRow(values))
    }
    return rows
  }

  private mutating func value(of term: QueryTerm, _ group: Int) -> MetadataValue? {
    switch term {
    case .record(let field):
      return grouping.firstIndex(of: field).flatMap { table.key(group, $0)?.value }
    case .aggregate(let aggregate):
      guard let field = aggregate.field else { return .int(Int64(records[group])) }
      guard let index = measured.firstIndex(where: { $0.field == field }) else { return nil }
      guard case .percentile(let percent) = aggregate.function else {
        return unsafe figures[group * measured.count + index].value(aggregate.function)
      }
      let place = measured[..<index].count { $0.wanted.contains(.sample) }
      return samples[group * sampled + place].percentile(percent)
    }
  }
}
