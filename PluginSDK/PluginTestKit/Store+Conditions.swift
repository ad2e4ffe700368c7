import CDovetail
import PluginSDK

extension Store {
  /// Whether every condition of a transaction holds.
  func holds(_ transaction: dvt_transaction) -> Bool {
    let conditions = unsafe UnsafeBufferPointer(
      start: transaction.conditions, count: Int(clamping: transaction.condition_count))
    return unsafe conditions.allSatisfy { unsafe holds($0) }
  }

  private func holds(_ given: dvt_condition) -> Bool {
    let item = unsafe item(given.collection.string, given.key.string)
    let relation = unsafe given.relation
    switch unsafe given.subject {
    case DVT_IF_EXISTS: return unsafe (item != nil) == (given.number != 0)
    case DVT_IF_VERSION: return unsafe Self.order(item?.version ?? 0, given.number, relation)
    case DVT_IF_MODIFIED: return unsafe Self.order(item?.modified ?? 0, given.number, relation)
    default:
      let names = unsafe given.field.string.split(separator: ".").map(String.init)
      let field = names.reduce(item?.value) { $0?[$1] }
      return field.map { unsafe Self.compare($0, Value(given.value), relation) } ?? false
    }
  }

  /// Values of different kinds are only unequal; so are lists and maps that differ.
  private static func compare(_ left: Value, _ right: Value, _ relation: UInt32) -> Bool {
    switch (left, right) {
    case (.int(let left), .int(let right)): order(left, right, relation)
    case (.double(let left), .double(let right)): order(left, right, relation)
    case (.int(let left), .double(let right)): order(Double(left), right, relation)
    case (.double(let left), .int(let right)): order(left, Double(right), relation)
    case (.date(let left), .date(let right)): order(left, right, relation)
    case (.string(let left), .string(let right)): order(left, right, relation)
    default: relation == DVT_UNEQUAL ? left != right : relation == DVT_EQUAL && left == right
    }
  }

  private static func order<Number: Comparable>(
    _ left: Number, _ right: Number, _ relation: UInt32
  ) -> Bool {
    switch relation {
    case DVT_EQUAL: left == right
    case DVT_UNEQUAL: left != right
    case DVT_LESS: left < right
    case DVT_AT_MOST: left <= right
    case DVT_GREATER: left > right
    default: left >= right
    }
  }
}
