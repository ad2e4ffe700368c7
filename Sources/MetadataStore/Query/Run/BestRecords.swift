/// The first records of an order, out of many that come in any order.
struct BestRecords {
  private struct Candidate {
    let bits: UInt64
    let record: MetadataRecord
  }

  private let order: RecordOrder
  private let most: Int
  /// At most twice as many as are wanted: sorting now and then costs less than keeping order.
  private var candidates: [Candidate] = []
  /// What no candidate may come behind.
  private var worst: Candidate?

  /// Wants at most so many.
  init(_ order: RecordOrder, most: Int) {
    self.order = order
    self.most = most
  }

  /// Considers a record.
  mutating func add(_ record: MetadataRecord) {
    let candidate = Candidate(bits: order.bits(of: record), record: record)
    if let worst, !Self.isBefore(candidate, worst, order) { return }
    candidates.append(candidate)
    if candidates.count - most >= max(most, 1024) { cut() }
  }

  /// The records in order.
  consuming func sorted() -> [MetadataRecord] {
    cut()
    return candidates.map(\.record)
  }

  private mutating func cut() {
    candidates.sort { [order] in Self.isBefore($0, $1, order) }
    guard candidates.count > most else { return }
    candidates.removeSubrange(most...)
    worst = candidates.last
  }

  private static func isBefore(
    _ left: Candidate, _ right: Candidate, _ order: RecordOrder
  ) -> Bool {
    if left.bits != right.bits { return left.bits < right.bits }
    return order.compare(left.record, right.record) < 0
  }
}
