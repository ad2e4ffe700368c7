extension QueryCondition {
  /// What a condition says of one field in a way that an index can answer.
  struct Sought {
    let field: QueryField
    /// Disjoint and in order.
    var ranges: [ValueRange]
    /// Whether elements of lists are meant.
    let isByElement: Bool
    /// Whether it is one range that others of the same field may narrow.
    let isComparison: Bool
  }

  /// The conditions that all must be true for this one to be.
  var conjuncts: [QueryCondition] {
    guard case .and(let conditions) = self else { return [self] }
    return conditions.flatMap(\.conjuncts)
  }

  /// What it seeks; `nil` when no index could answer it.
  func sought(_ parameters: QueryParameters) throws(MetadataError) -> Sought? {
    guard case .record(let field)? = term else { return nil }
    switch self {
    case .compare(_, let relation, let operand):
      guard relation != .unequal else { return nil }
      let value = try PackedValue(operand: try parameters.value(of: operand))
      return Sought(
        field: field, ranges: [ValueRange(relation, value)], isByElement: false,
        isComparison: true)
    case .between(_, let least, let most):
      let least = try PackedValue(operand: try parameters.value(of: least))
      let most = try PackedValue(operand: try parameters.value(of: most))
      let range = ValueRange(
        lower: ValueRange.Bound(least, isInclusive: true),
        upper: ValueRange.Bound(most, isInclusive: true))
      return Sought(field: field, ranges: [range], isByElement: false, isComparison: true)
    case .among, .amongElements:
      return Sought(
        field: field, ranges: try choices(parameters).map { ValueRange($0) }, isByElement: false,
        isComparison: false)
    case .prefix(_, let operand):
      guard let value = try Self.text(operand, parameters) else { return nil }
      return Sought(
        field: field, ranges: [ValueRange(prefix: value)], isByElement: false,
        isComparison: false)
    case .under(_, let operand):
      let value = try parameters.value(of: operand)
      guard let text = value.text else { return nil }
      return Sought(
        field: field,
        ranges: [
          ValueRange(try PackedValue(operand: value)),
          ValueRange(prefix: try PackedValue(operand: .string(text + "/"))),
        ], isByElement: false, isComparison: false)
    case .has(_, let operand):
      let value = try PackedValue(operand: try parameters.value(of: operand))
      return Sought(
        field: field, ranges: [ValueRange(value)], isByElement: true, isComparison: false)
    case .isNull:
      return Sought(
        field: field, ranges: [ValueRange(PackedValue(.null))], isByElement: false,
        isComparison: false)
    case .exists:
      return Sought(
        field: field, ranges: [ValueRange()], isByElement: false, isComparison: false)
    case .contains, .matches, .not, .and, .or: return nil
    }
  }

  private static func text(
    _ operand: QueryOperand, _ parameters: QueryParameters
  ) throws(MetadataError) -> PackedValue? {
    let value = try parameters.value(of: operand)
    switch value {
    case .string, .bytes: return try PackedValue(operand: value)
    default: return nil
    }
  }
}

extension ValueRange {
  /// The values that stand so to another one.
  fileprivate init(_ relation: QueryCondition.Relation, _ value: PackedValue) {
    switch relation {
    case .equal, .unequal: self.init(value)
    case .less: self.init(upper: Bound(value, isInclusive: false))
    case .atMost: self.init(upper: Bound(value, isInclusive: true))
    case .greater: self.init(lower: Bound(value, isInclusive: false))
    case .atLeast: self.init(lower: Bound(value, isInclusive: true))
    }
  }
}
