/// What is known of a segment without reading it.
struct Segment: Sendable {
  /// A place to begin reading at.
  struct Mark: Sendable {
    let number: UInt64
    let time: Int64
    let position: Int
  }

  /// Bytes between two marks, at least.
  static let spacing = 64 << 10

  /// The number of its first record.
  let first: UInt64
  /// When that was recorded; 0 when its header is damaged.
  let time: Int64
  /// Bytes of it that count.
  var size: Int
  /// Places to begin at; `nil` when nobody has looked for them yet.
  var marks: [Mark]?

  /// Notes where a record begins, unless the last mark is near.
  mutating func note(_ number: UInt64, _ time: Int64, at position: Int) {
    let last = marks?.last?.position
    if last == nil || position - (last ?? 0) >= Self.spacing {
      marks = (marks ?? []) + [Mark(number: number, time: time, position: position)]
    }
  }
}
