import Glibc

/// The order of values of any kind: null, false, true, numbers, dates, text, bytes, lists, maps.
///
/// Whole and other numbers are compared by what they are worth, text and bytes by their bytes, lists and maps element by element.
package enum ValueOrder {
  /// Negative when `left` comes first, 0 when they are worth the same, positive when `right` comes first.
  package static func compare(_ left: PackedView, _ right: PackedView) -> Int {
    let (first, second) = (left.kind, right.kind)
    let (leftRank, rightRank) = (rank(first), rank(second))
    if leftRank != rightRank { return leftRank - rightRank }
    switch (first, second) {
    case (.int, .int), (.date, .date): return sign(left.int, right.int)
    case (.double, .double): return sign(left.double, right.double)
    case (.int, .double): return compare(left.int, right.double)
    case (.double, .int): return -compare(right.int, left.double)
    case (.string, .string), (.bytes, .bytes):
      return unsafe ByteOrder.compare(left.text, right.text)
    case (.list, .list), (.map, .map): return compareContents(left, right)
    default: return 0
    }
  }

  /// Where a kind stands among the others, 0…8.
  package static func rank(_ kind: PackedKind) -> Int {
    switch kind {
    case .null: 0
    case .no: 1
    case .yes: 2
    case .int, .double: 3
    case .date: 4
    case .string: 5
    case .bytes: 6
    case .list: 7
    case .map: 8
    }
  }

  private static func sign<Number: Comparable>(_ left: Number, _ right: Number) -> Int {
    left < right ? -1 : left > right ? 1 : 0
  }

  /// Compares without rounding, which for large integers would make different numbers equal.
  private static func compare(_ whole: Int64, _ number: Double) -> Int {
    if number >= 0x1p63 { return -1 }
    if number < -0x1p63 { return 1 }
    let floor = number.rounded(.down)
    let order = sign(whole, Int64(floor))
    return order != 0 ? order : floor < number ? -1 : 0
  }

  private static func compareContents(_ left: PackedView, _ right: PackedView) -> Int {
    let common = min(left.count, right.count)
    var (next, other) = unsafe (left.start + 9, right.start + 9)
    for _ in 0..<common {
      if left.kind == .map {
        let (count, name) = unsafe PackedView.length(at: next)
        let (otherCount, otherName) = unsafe PackedView.length(at: other)
        let order = unsafe ByteOrder.compare(
          UnsafeBufferPointer(start: name, count: count),
          UnsafeBufferPointer(start: otherName, count: otherCount))
        if order != 0 { return order }
        unsafe (next, other) = unsafe (name + count, otherName + otherCount)
      }
      let (view, otherView) = unsafe (PackedView(next), PackedView(other))
      let order = compare(view, otherView)
      if order != 0 { return order }
      unsafe (next, other) = unsafe (view.end, otherView.end)
    }
    return left.count - right.count
  }
}
