@testable import MetadataStore

/// Makes records and queries by chance, the same ones for the same seed.
struct QueryGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next(_ bound: Int) -> Int {
    // SplitMix64.
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
    return Int((word ^ word >> 31) % UInt64(bound))
  }

  private mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[next(elements.count)]
  }

  static let cities = [
    "", "Wien", "Wiener Neustadt", "Graz", "Linz", "Linz/Urfahr", "Linz-Land", "Ötztal",
  ]
  static let categories = ["a", "a/b", "a/b/c", "a-b", "ab", "b", "a/c"]

  /// A value whose doubles have exact sums.
  mutating func value() -> MetadataValue {
    switch next(14) {
    case 0: .null
    case 1: .bool(next(2) == 0)
    case 2...5: .int(Int64(next(12) - 4))
    case 6...7: .double(Double(next(32) - 8) / 4)
    case 8: .date(nanoseconds: Int64(next(5)) << 40)
    case 9: .bytes([UInt8(next(3))])
    case 10: .list([.int(Int64(next(3))), .string(pick(Self.cities))])
    case 11: .map(["x": .int(Int64(next(3))), "y": .double(Double(next(3)))])
    default: .string(pick(Self.cities))
    }
  }

  mutating func record(_ number: Int) -> MetadataRecord {
    var members: [String: MetadataValue] = [:]
    if next(8) > 0 { members["mixed"] = value() }
    if next(10) > 0 { members["age"] = .int(Int64(next(20))) }
    members["city"] = next(12) == 0 ? .null : .string(pick(Self.cities))
    members["full"] = .int(Int64(next(50)))
    if next(6) > 0 {
      members["tags"] = .list(
        (0..<next(4)).map { _ in
          next(5) == 0 ? value() : .string(pick(Self.categories))
        })
    }
    if next(5) > 0 { members["category"] = .string(pick(Self.categories)) }
    if next(4) > 0 {
      members["address"] = next(6) == 0 ? .int(1) : .map(["city": .string(pick(Self.cities))])
    }
    return MetadataRecord(
      collection: "things", key: "\(pick(["a", "b/", "c"]))\(number)", value: .map(members),
      version: UInt64(next(4) + 1), created: UInt64(next(30) + 1), modified: UInt64(next(30) + 31),
      expires: next(3) == 0 ? Int64(next(9)) : nil)
  }

  static let fields = ["mixed", "age", "city", "full", "tags", "category", "address.city", "gone"]

  mutating func field() -> QueryField {
    if next(6) == 0 { return pick([.key, .version, .created, .modified, .expires]) }
    return FieldPath(pick(Self.fields)).map { .path($0) } ?? .key
  }

  private mutating func constant(_ field: QueryField) -> QueryOperand {
    switch field {
    case .key: .value(.string(pick(["a", "b/", "b/1", "c2", "d", ""])))
    case .version, .created, .modified: .value(.int(Int64(next(60))))
    case .expires: .value(.date(nanoseconds: Int64(next(9))))
    case .path(let path):
      switch path.description {
      case "age", "full": .value(.int(Int64(next(22) - 1)))
      case "city", "address.city": .value(.string(pick(Self.cities)))
      case "category": .value(.string(pick(Self.categories)))
      case "tags": .value(next(2) == 0 ? .string(pick(Self.categories)) : value())
      default: .value(value())
      }
    }
  }

  mutating func condition(_ depth: Int = 0) -> QueryCondition {
    if depth < 3, next(3) > 0 {
      switch next(5) {
      case 0: return .not(condition(depth + 1))
      case 1...2: return .and((0..<(next(3) + 1)).map { _ in condition(depth + 1) })
      default: return .or((0..<(next(3) + 1)).map { _ in condition(depth + 1) })
      }
    }
    if next(25) == 0 { return .matches(.value(.string(pick(["wien", "LINZ land", "b", "graz"])))) }
    let field = field()
    let term = QueryTerm.record(field)
    let text = QueryOperand.value(.string(pick(Self.cities + Self.categories)))
    switch next(14) {
    case 0...4: return .compare(term, pick(QueryCondition.Relation.allCases), constant(field))
    case 5: return .between(term, constant(field), constant(field))
    case 6...7: return .among(term, (0...next(5)).map { _ in constant(field) })
    case 8: return .prefix(term, text)
    case 9: return .contains(term, text)
    case 10: return .has(term, constant(field))
    case 11: return .under(term, text)
    case 12: return .exists(term)
    default: return .isNull(term)
    }
  }

  mutating func query() -> MetadataQuery {
    var query = MetadataQuery(from: "things")
    if next(10) > 0 { query.condition = condition() }
    for _ in 0..<next(4) {
      query.ordering.append(QueryOrder(.record(field()), isDescending: next(2) == 0))
    }
    return query
  }

  mutating func groupQuery() -> MetadataQuery {
    var query = MetadataQuery(from: "things")
    if next(4) > 0 { query.condition = condition() }
    for _ in 0..<next(3) {
      let field = field()
      if !query.grouping.contains(field) { query.grouping.append(field) }
    }
    query.columns = query.grouping.map { .record($0) } + [.count]
    let functions: [QueryAggregate.Function] = [
      .count, .sum, .average, .minimum, .maximum, .percentile(50), .percentile(95), .percentile(0),
    ]
    for _ in 0..<next(5) {
      query.columns.append(.aggregate(QueryAggregate(pick(functions), of: field())))
    }
    return query
  }

  static let indexes: [IndexDefinition] =
    [
      "mixed", "age", "city", "full", "address.city", "tags",
    ].compactMap { FieldPath($0).map { .field($0) } }
    + [
      FieldPath("tags").map { .tags($0) }, FieldPath("mixed").map { .tags($0) },
      FieldPath("category").map { .category($0) },
    ].compactMap { $0 }

  /// A snapshot of records, with some indexes or all.
  mutating func snapshot(_ records: [MetadataRecord], isIndexed: Bool) -> MetadataSnapshot {
    var root = StoreRoot(revision: 100, ["things": records])
    let sorted = root.collections["things"]?.records ?? RecordTree()
    if isIndexed {
      root.setIndexes(Self.indexes.compactMap { CollectionIndex($0, of: sorted) }, of: "things")
    }
    return MetadataSnapshot(root)
  }
}
