/// The beginning of a value in 64 bits that have the order of values, so that most comparisons need not look at the record.
///
/// Four bits are the kind's rank. Of a number 60 bits of its double follow; of text or bytes the first 7 bytes and their number.
struct SortKey: Equatable {
  let bits: UInt64
  /// Whether equal bits of two such keys mean equal values.
  let isExact: Bool

  /// The key of a value.
  init(_ view: PackedView) {
    let kind = view.kind
    let rank = UInt64(ValueOrder.rank(kind)) << 60
    switch kind {
    case .null, .no, .yes: (bits, isExact) = (rank, true)
    case .int:
      let ordered = Self.ordered(Double(view.int))
      let isWhole = Int64(exactly: Double(view.int)) == view.int
      (bits, isExact) = (rank | ordered >> 4, isWhole && ordered & 15 == (view.int < 0 ? 15 : 0))
    case .double:
      let number = view.double == 0 ? 0 : view.double
      let ordered = Self.ordered(number)
      (bits, isExact) = (rank | ordered >> 4, ordered & 15 == (number < 0 ? 15 : 0))
    case .date:
      let ordered = UInt64(bitPattern: view.int) ^ (1 << 63)
      (bits, isExact) = (rank | ordered >> 4, false)
    case .string, .bytes:
      let text = unsafe view.text
      var prefix: UInt64 = 0
      for index in 0..<min(7, text.count) {
        prefix |= unsafe UInt64(text[index]) << UInt64(48 - index * 8)
      }
      let count = UInt64(min(8, text.count))
      (bits, isExact) = (rank | prefix << 4 | count, count < 8)
    case .list, .map: (bits, isExact) = (rank, false)
    }
  }

  /// The bits of a double in the order of numbers.
  private static func ordered(_ number: Double) -> UInt64 {
    let bits = number.bitPattern
    return bits >> 63 == 0 ? bits | 1 << 63 : ~bits
  }
}
