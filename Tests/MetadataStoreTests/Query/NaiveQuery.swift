@testable import MetadataStore

/// Runs queries over decoded values in the most obvious way, for comparison.
struct NaiveQuery {
  private let records: [MetadataRecord]
  private let values: [String: MetadataValue]

  init(_ records: [MetadataRecord]) {
    self.records = records
    values = Dictionary(uniqueKeysWithValues: records.map { ($0.key, $0.value) })
  }

  /// The records of a query for single records, without limit and cursor.
  func records(_ query: MetadataQuery) -> [MetadataRecord] {
    let found = records.filter { record in query.condition.map { holds($0, record) } ?? true }
    let ordering = query.ordering
    let isReversed = ordering.last?.isDescending ?? false
    return found.sorted { left, right in
      for order in ordering {
        let result = Self.compare(value(order.term, left), value(order.term, right))
        if result != 0 { return order.isDescending ? result > 0 : result < 0 }
      }
      let keys = Self.compare(.string(left.key), .string(right.key))
      return isReversed ? keys > 0 : keys < 0
    }
  }

  /// The rows of a query for groups, in any order.
  func rows(_ query: MetadataQuery) -> [[MetadataValue?]] {
    let found = records.filter { record in query.condition.map { holds($0, record) } ?? true }
    var groups: [(key: [MetadataValue?], records: [MetadataRecord])] = []
    for record in found {
      let key = query.grouping.map { value(.record($0), record) }
      let place = groups.firstIndex { group in
        zip(group.key, key).allSatisfy { Self.compare($0, $1) == 0 }
      }
      if let place { groups[place].records.append(record) } else { groups.append((key, [record])) }
    }
    if query.grouping.isEmpty, groups.isEmpty { groups = [([], [])] }
    return groups.map { group in
      query.columns.map { column in
        switch column {
        case .record(let field):
          query.grouping.firstIndex(of: field).flatMap { group.key[$0] }
        case .aggregate(let aggregate): figure(aggregate, group.records)
        }
      }
    }
  }

  private func figure(_ aggregate: QueryAggregate, _ records: [MetadataRecord]) -> MetadataValue {
    guard let field = aggregate.field else { return .int(Int64(records.count)) }
    let values = records.compactMap { value(.record(field), $0) }
    let numbers = values.filter {
      if case .int = $0 { true } else if case .double = $0 { true } else { false }
    }
    let isWhole = numbers.allSatisfy { if case .int = $0 { true } else { false } }
    let doubles = numbers.map { value -> Double in
      switch value {
      case .int(let number): Double(number)
      case .double(let number): number
      default: 0
      }
    }
    func number(_ value: Double) -> MetadataValue { isWhole ? .int(Int64(value)) : .double(value) }
    switch aggregate.function {
    case .count: return .int(Int64(values.count))
    case .sum: return number(doubles.reduce(0, +))
    case .average:
      return numbers.isEmpty ? .null : .double(doubles.reduce(0, +) / Double(numbers.count))
    case .minimum: return values.min { Self.compare($0, $1) < 0 } ?? .null
    case .maximum: return values.max { Self.compare($0, $1) < 0 } ?? .null
    case .percentile(let percent):
      let sorted = doubles.sorted()
      guard !sorted.isEmpty else { return .null }
      let rank = Int((Double(percent) / 100 * Double(sorted.count)).rounded(.up))
      return number(sorted[max(0, rank - 1)])
    }
  }

  func holds(_ condition: QueryCondition, _ record: MetadataRecord) -> Bool {
    switch condition {
    case .not(let condition): return !holds(condition, record)
    case .and(let conditions): return conditions.allSatisfy { holds($0, record) }
    case .or(let conditions): return conditions.contains { holds($0, record) }
    case .matches(let operand):
      let words = Self.words(Self.text(operand) ?? "")
      let found = Set(Self.texts(values[record.key] ?? .null).flatMap(Self.words))
      return words.allSatisfy { found.contains($0) }
    default: break
    }
    guard let value = condition.term.flatMap({ value($0, record) }) else { return false }
    switch condition {
    case .compare(_, let relation, let operand):
      return relation.holds(Self.compare(value, Self.constant(operand)))
    case .between(_, let least, let most):
      return Self.compare(value, Self.constant(least)) >= 0
        && Self.compare(value, Self.constant(most)) <= 0
    case .among(_, let choices):
      return choices.contains { Self.compare(value, Self.constant($0)) == 0 }
    case .prefix(_, let operand):
      guard let text = Self.text(operand), case .string(let found) = value else { return false }
      return found.utf8.starts(with: text.utf8)
    case .contains(_, let operand):
      guard let text = Self.text(operand), case .string(let found) = value else { return false }
      return text.isEmpty || found.contains(text)
    case .has(_, let operand):
      guard case .list(let elements) = value else {
        return Self.compare(value, Self.constant(operand)) == 0
      }
      return elements.contains { Self.compare($0, Self.constant(operand)) == 0 }
    case .under(_, let operand):
      guard let text = Self.text(operand), case .string(let found) = value else { return false }
      return found == text || found.hasPrefix(text + "/")
    case .exists: return true
    case .isNull: return value == .null
    default: return false
    }
  }

  private static func words(_ text: String) -> [String] {
    text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
  }

  private static func texts(_ value: MetadataValue) -> [String] {
    switch value {
    case .string(let text): [text]
    case .list(let elements): elements.flatMap(texts)
    case .map(let members): members.values.flatMap(texts)
    default: []
    }
  }

  private static func constant(_ operand: QueryOperand) -> MetadataValue {
    if case .value(let value) = operand { value } else { .null }
  }

  private static func text(_ operand: QueryOperand) -> String? {
    if case .string(let text) = constant(operand) { text } else { nil }
  }

  private func value(_ term: QueryTerm, _ record: MetadataRecord) -> MetadataValue? {
    guard case .record(let field) = term else { return nil }
    switch field {
    case .path(let path): return path.value(in: values[record.key] ?? .null)
    case .key: return .string(record.key)
    case .version: return .int(Int64(record.version))
    case .created: return .int(Int64(record.created))
    case .modified: return .int(Int64(record.modified))
    case .expires: return record.expires.map { .date(nanoseconds: $0) }
    }
  }

  static func compare(_ left: MetadataValue?, _ right: MetadataValue?) -> Int {
    guard let left, let right else { return (left == nil ? 0 : 1) - (right == nil ? 0 : 1) }
    func sign<Number: Comparable>(_ left: Number, _ right: Number) -> Int {
      left < right ? -1 : left > right ? 1 : 0
    }
    switch (left, right) {
    case (.int(let first), .int(let second)): return sign(first, second)
    case (.double(let first), .double(let second)): return sign(first, second)
    case (.int(let first), .double(let second)): return sign(Double(first), second)
    case (.double(let first), .int(let second)): return sign(first, Double(second))
    case (.date(let first), .date(let second)): return sign(first, second)
    case (.bool(let first), .bool(let second)): return sign(first ? 1 : 0, second ? 1 : 0)
    case (.string(let first), .string(let second)):
      return order(Array(first.utf8), Array(second.utf8))
    case (.bytes(let first), .bytes(let second)): return order(first, second)
    case (.list(let first), .list(let second)):
      for (one, other) in zip(first, second) {
        let result = compare(one, other)
        if result != 0 { return result }
      }
      return first.count - second.count
    case (.map(let first), .map(let second)):
      let (names, others) = (first.sorted { $0.key < $1.key }, second.sorted { $0.key < $1.key })
      for (one, other) in zip(names, others) {
        let result = order(Array(one.key.utf8), Array(other.key.utf8))
        if result != 0 { return result }
        let values = compare(one.value, other.value)
        if values != 0 { return values }
      }
      return first.count - second.count
    default: return rank(left) - rank(right)
    }
  }

  private static func order(_ left: [UInt8], _ right: [UInt8]) -> Int {
    left.lexicographicallyPrecedes(right) ? -1 : right.lexicographicallyPrecedes(left) ? 1 : 0
  }

  private static func rank(_ value: MetadataValue) -> Int {
    switch value {
    case .null: 0
    case .bool: 1
    case .int, .double: 2
    case .date: 3
    case .string: 4
    case .bytes: 5
    case .list: 6
    case .map: 7
    }
  }
}
