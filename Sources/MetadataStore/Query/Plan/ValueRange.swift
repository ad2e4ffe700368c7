/// Values from one to another, in the order of values; open at an end that has no bound.
struct ValueRange {
  /// One end.
  struct Bound {
    let value: PackedValue
    let key: SortKey
    let isInclusive: Bool

    init(_ value: PackedValue, isInclusive: Bool) {
      self.value = value
      key = value.withView { SortKey($0) }
      self.isInclusive = isInclusive
    }
  }

  var lower: Bound?
  var upper: Bound?

  init(lower: Bound? = nil, upper: Bound? = nil) {
    self.lower = lower
    self.upper = upper
  }

  /// One value alone.
  init(_ value: PackedValue) {
    let bound = Bound(value, isInclusive: true)
    self.init(lower: bound, upper: bound)
  }

  /// Text, or bytes, that begins with others.
  init(prefix: PackedValue) {
    let next = prefix.withView { view -> PackedValue in
      var writer = PackedWriter()
      var bytes = unsafe Array(view.text)
      while bytes.last == .max { bytes.removeLast() }
      if let last = bytes.popLast() {
        bytes.append(last + 1)
        unsafe bytes.withUnsafeBufferPointer { unsafe writer.text($0, view.kind) }
      } else if view.kind == .string {
        unsafe writer.text(UnsafeBufferPointer(start: nil, count: 0), .bytes)
      } else {
        return PackedValue(.list([]))
      }
      return PackedValue(writer)
    }
    self.init(
      lower: Bound(prefix, isInclusive: true), upper: Bound(next, isInclusive: false))
  }

  /// Whether every value is in it.
  var isUnbounded: Bool { lower == nil && upper == nil }

  /// The value, when it is one alone.
  var point: Bound? {
    guard let lower, let upper, lower.isInclusive, upper.isInclusive,
      lower.value.order(to: upper.value) == 0
    else { return nil }
    return lower
  }

  /// What is in both ranges.
  func intersection(_ other: ValueRange) -> ValueRange {
    ValueRange(
      lower: Self.tighter(lower, other.lower) { $0 > 0 },
      upper: Self.tighter(upper, other.upper) { $0 < 0 })
  }

  private static func tighter(
    _ left: Bound?, _ right: Bound?, _ isTighter: (Int) -> Bool
  ) -> Bound? {
    guard let left, let right else { return left ?? right }
    let order = left.value.order(to: right.value)
    if order == 0 { return left.isInclusive ? right : left }
    return isTighter(order) ? left : right
  }
}

extension ValueRange {
  /// Where something stands to the range.
  ///
  /// - Parameter compare: How it stands to a value: negative when it comes before it.
  /// - Returns: Negative when it is before the range, positive when it is not.
  @inline(__always)
  func startPosition(_ compare: (Bound) -> Int) -> Int {
    guard let lower else { return 1 }
    let order = compare(lower)
    return order < 0 || (order == 0 && !lower.isInclusive) ? -1 : 1
  }

  /// - Returns: Negative when something is in the range or before it, positive when it is behind.
  @inline(__always)
  func endPosition(_ compare: (Bound) -> Int) -> Int {
    guard let upper else { return -1 }
    let order = compare(upper)
    return order > 0 || (order == 0 && !upper.isInclusive) ? 1 : -1
  }
}
