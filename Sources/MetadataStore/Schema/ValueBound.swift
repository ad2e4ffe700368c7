import HostSupport

/// A bound of a number or of a date.
struct ValueBound: Sendable {
  let keyword: SchemaNode.Bound.Keyword
  /// An int, a double or a date.
  let limit: MetadataValue

  /// Whether a value of the limit's kind is within the bound.
  func holds(for value: MetadataValue) -> Bool {
    let order = Self.compare(value, limit)
    return switch keyword {
    case .minimum: order >= 0
    case .maximum: order <= 0
    case .exclusiveMinimum: order > 0
    case .exclusiveMaximum: order < 0
    }
  }

  /// Whether everything within another bound is within this one.
  func isImplied(by other: ValueBound) -> Bool {
    let order = Self.compare(other.limit, limit)
    return switch (keyword, other.keyword) {
    case (.minimum, .minimum), (.minimum, .exclusiveMinimum),
      (.exclusiveMinimum, .exclusiveMinimum):
      order >= 0
    case (.exclusiveMinimum, .minimum): order > 0
    case (.maximum, .maximum), (.maximum, .exclusiveMaximum),
      (.exclusiveMaximum, .exclusiveMaximum):
      order <= 0
    case (.exclusiveMaximum, .maximum): order < 0
    default: false
    }
  }

  /// The limit as a person reads it.
  var words: String {
    if case .date(let nanoseconds) = limit { return Timestamp.text(nanoseconds) }
    return limit.json["$double"]?.string ?? limit.json.text()
  }

  /// The exact order of two numbers or two dates: negative, 0 or positive.
  static func compare(_ left: MetadataValue, _ right: MetadataValue) -> Int {
    switch (left, right) {
    case (.int(let left), .int(let right)): order(left, right)
    case (.date(let left), .date(let right)): order(left, right)
    case (.double(let left), .double(let right)): order(left, right)
    case (.int(let left), .double(let right)): order(left, right)
    case (.double(let left), .int(let right)): -order(right, left)
    default: 0
    }
  }

  private static func order<Value: Comparable>(_ left: Value, _ right: Value) -> Int {
    left < right ? -1 : left > right ? 1 : 0
  }

  private static func order(_ left: Int64, _ right: Double) -> Int {
    // Doubles from 2^63 on are beyond every integer; smaller ones have a whole part that is one.
    if right >= 0x1p63 { return -1 }
    if right < -0x1p63 { return 1 }
    let whole = right.rounded(.down)
    let difference = order(left, Int64(whole))
    return difference == 0 && right > whole ? -1 : difference
  }
}
