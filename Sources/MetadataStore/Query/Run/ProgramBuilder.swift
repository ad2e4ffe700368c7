/// Compiles a condition.
///
/// Built from behind: each test is given the places to go on at, so `and`, `or` and `not` cost nothing when the program runs.
struct ProgramBuilder {
  private let parameters: QueryParameters
  private let slots: [QueryTerm: Int]
  private let whole: Int
  private var tests: [QueryTest] = []
  private var constants: [UInt8] = []
  private var table: [Int32] = []
  private var words: [WordSearch] = []

  /// Compiles a condition.
  ///
  /// - Parameters:
  ///   - condition: One that is valid.
  ///   - parameters: Values for its open places.
  ///   - slots: Where in a row its terms are.
  ///   - whole: Where in a row the record's whole value is.
  /// - Returns: The program.
  /// - Throws: `.invalid` or `.tooLarge` about a value of the query.
  static func program(
    for condition: QueryCondition, _ parameters: QueryParameters, slots: [QueryTerm: Int],
    whole: Int
  ) throws(MetadataError) -> QueryProgram {
    var builder = ProgramBuilder(parameters: parameters, slots: slots, whole: whole)
    let first = try builder.add(condition, QueryTest.accepts, QueryTest.rejects)
    return QueryProgram(
      tests: builder.tests, first: first, constants: builder.constants, table: builder.table,
      words: builder.words)
  }

  private init(parameters: QueryParameters, slots: [QueryTerm: Int], whole: Int) {
    self.parameters = parameters
    self.slots = slots
    self.whole = whole
  }

  /// Adds a condition.
  ///
  /// - Returns: Where to begin.
  private mutating func add(
    _ condition: QueryCondition, _ yes: Int32, _ no: Int32
  ) throws(MetadataError) -> Int32 {
    switch condition {
    case .not(let condition): return try add(condition, no, yes)
    case .and(let conditions):
      var next = yes
      for condition in conditions.reversed() { next = try add(condition, next, no) }
      return next
    case .or(let conditions):
      var next = no
      for condition in conditions.reversed() { next = try add(condition, yes, next) }
      return next
    case .between(let term, let least, let most):
      let next = try compare(term, .atMost, most, yes, no)
      return try compare(term, .atLeast, least, next, no)
    case .compare(let term, let relation, let operand):
      return try compare(term, relation, operand, yes, no)
    case .exists(let term): return append(QueryTest(operation: .exists, slot: slot(term)), yes, no)
    case .isNull(let term): return append(QueryTest(operation: .isNull, slot: slot(term)), yes, no)
    case .among, .amongElements: return try among(condition, yes, no)
    case .prefix(let term, let operand): return try text(.prefix, term, operand, yes, no)
    case .contains(let term, let operand): return try text(.contains, term, operand, yes, no)
    case .under(let term, let operand): return try text(.under, term, operand, yes, no)
    case .has(let term, let operand):
      var test = QueryTest(operation: .has, slot: slot(term))
      test.constant = try add(constant: try parameters.value(of: operand))
      return append(test, yes, no)
    case .matches(let operand):
      var test = QueryTest(operation: .words, slot: Int32(whole))
      test.constant = Int32(words.count)
      words.append(try WordSearch(try parameters.value(of: operand)))
      return append(test, yes, no)
    }
  }

  private func slot(_ term: QueryTerm) -> Int32 { Int32(slots[term] ?? whole) }

  private mutating func append(_ test: QueryTest, _ yes: Int32, _ no: Int32) -> Int32 {
    var test = test
    test.yes = yes
    test.no = no
    tests.append(test)
    return Int32(tests.count - 1)
  }

  private mutating func add(constant value: MetadataValue) throws(MetadataError) -> Int32 {
    let packed = try PackedValue(operand: value)
    let place = Int32(constants.count)
    constants += packed.bytes
    return place
  }

  private mutating func compare(
    _ term: QueryTerm, _ relation: QueryCondition.Relation, _ operand: QueryOperand, _ yes: Int32,
    _ no: Int32
  ) throws(MetadataError) -> Int32 {
    let value = try parameters.value(of: operand)
    var test = QueryTest(operation: .compare, slot: slot(term))
    test.relation =
      switch relation {
      case .less: 1
      case .equal: 2
      case .atMost: 3
      case .greater: 4
      case .unequal: 5
      case .atLeast: 6
      }
    test.constant = try add(constant: value)
    switch value {
    case .int(let number): (test.kind, test.number) = (.int, number)
    case .date(let nanoseconds): (test.kind, test.number) = (.date, nanoseconds)
    default: break
    }
    return append(test, yes, no)
  }

  private mutating func among(
    _ condition: QueryCondition, _ yes: Int32, _ no: Int32
  ) throws(MetadataError) -> Int32 {
    guard let term = condition.term else { return no }
    let packed = try condition.choices(parameters)
    var test = QueryTest(operation: .among, slot: slot(term))
    (test.constant, test.count) = (Int32(table.count), Int32(packed.count))
    for value in packed {
      table.append(Int32(constants.count))
      constants += value.bytes
    }
    return append(test, yes, no)
  }

  private mutating func text(
    _ operation: QueryTest.Operation, _ term: QueryTerm, _ operand: QueryOperand, _ yes: Int32,
    _ no: Int32
  ) throws(MetadataError) -> Int32 {
    let value = try parameters.value(of: operand)
    var test = QueryTest(operation: operation, slot: slot(term))
    switch value {
    case .string: test.kind = .string
    case .bytes where operation != .under: test.kind = .bytes
    default:
      throw .invalid(
        "\(term) \(operation) needs text\(operation == .under ? "" : " or bytes"), not "
          + "\(QueryOperand.text(of: value))")
    }
    test.constant = try add(constant: value)
    return append(test, yes, no)
  }
}

extension QueryCondition {
  /// The values of `in`, in order, each once.
  func choices(_ parameters: QueryParameters) throws(MetadataError) -> [PackedValue] {
    var packed: [PackedValue] = []
    switch self {
    case .among(_, let choices):
      for choice in choices {
        packed.append(try PackedValue(operand: try parameters.value(of: choice)))
      }
    case .amongElements(_, let operand):
      let value = try parameters.value(of: operand)
      guard case .list(let elements) = value else {
        throw .invalid("in \(operand) needs a list, not \(QueryOperand.text(of: value))")
      }
      guard elements.count <= MetadataQuery.mostChoices else {
        throw .tooLarge("in \(operand) has more than \(MetadataQuery.mostChoices) values")
      }
      for element in elements { packed.append(try PackedValue(operand: element)) }
    default: break
    }
    packed.sort { $0.order(to: $1) < 0 }
    var unique: [PackedValue] = []
    for value in packed where unique.last.map({ $0.order(to: value) != 0 }) ?? true {
      unique.append(value)
    }
    return unique
  }
}

extension PackedValue {
  /// Packs a value of a query.
  ///
  /// - Throws: `.invalid` or `.tooLarge` when no record could have it.
  init(operand value: MetadataValue) throws(MetadataError) {
    self.init(value)
    switch refusal {
    case nil: return
    case .tooDeep: throw .tooDeep
    case .tooLarge(let size):
      throw .tooLarge(
        "a value of the query has \(size) bytes; at most \(MetadataValue.maximumSize) are allowed")
    case .notFinite: throw .invalid("a number of the query is not finite, and no record has such")
    case .twice, .notText: throw .invalid("a value of the query is none that a record can have")
    }
  }

  /// Negative when it comes before another value, 0 when they are worth the same.
  func order(to other: PackedValue) -> Int {
    withView { left in other.withView { ValueOrder.compare(left, $0) } }
  }
}
