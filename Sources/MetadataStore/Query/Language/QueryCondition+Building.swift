extension QueryTerm {
  /// It equals a value.
  public static func == (term: QueryTerm, operand: QueryOperand) -> QueryCondition {
    .compare(term, .equal, operand)
  }

  /// It differs from a value.
  public static func != (term: QueryTerm, operand: QueryOperand) -> QueryCondition {
    .compare(term, .unequal, operand)
  }

  /// It comes before a value.
  public static func < (term: QueryTerm, operand: QueryOperand) -> QueryCondition {
    .compare(term, .less, operand)
  }

  /// It comes before a value or equals it.
  public static func <= (term: QueryTerm, operand: QueryOperand) -> QueryCondition {
    .compare(term, .atMost, operand)
  }

  /// It comes after a value.
  public static func > (term: QueryTerm, operand: QueryOperand) -> QueryCondition {
    .compare(term, .greater, operand)
  }

  /// It comes after a value or equals it.
  public static func >= (term: QueryTerm, operand: QueryOperand) -> QueryCondition {
    .compare(term, .atLeast, operand)
  }

  /// It is at least the one and at most the other.
  public func between(_ least: QueryOperand, and most: QueryOperand) -> QueryCondition {
    .between(self, least, most)
  }

  /// It equals one of several.
  public func isAmong(_ operands: [QueryOperand]) -> QueryCondition { .among(self, operands) }

  /// It is text that begins with a text.
  public func begins(with operand: QueryOperand) -> QueryCondition { .prefix(self, operand) }

  /// It is text that has a text inside.
  public func contains(_ operand: QueryOperand) -> QueryCondition { .contains(self, operand) }

  /// It is a list with such an element.
  public func has(_ operand: QueryOperand) -> QueryCondition { .has(self, operand) }

  /// It is such a category, or one below it.
  public func isUnder(_ operand: QueryOperand) -> QueryCondition { .under(self, operand) }

  /// The record has it.
  public var exists: QueryCondition { .exists(self) }

  /// The record has it, and it is null.
  public var isNull: QueryCondition { .isNull(self) }
}

extension QueryCondition {
  /// Both are true.
  public static func && (left: QueryCondition, right: QueryCondition) -> QueryCondition {
    if case .and(let conditions) = left { return .and(conditions + [right]) }
    return .and([left, right])
  }

  /// One of both is true.
  public static func || (left: QueryCondition, right: QueryCondition) -> QueryCondition {
    if case .or(let conditions) = left { return .or(conditions + [right]) }
    return .or([left, right])
  }

  /// It is false.
  public static prefix func ! (condition: QueryCondition) -> QueryCondition { .not(condition) }
}
