/// What must be true of a record, or of a group.
///
/// There are two truth values. Every test of what a record lacks is false, and `not` of it is true. Values of all kinds are compared
/// in the order of the store: null, false, true, numbers by what they are worth, dates, text, bytes, lists, maps.
public indirect enum QueryCondition: Sendable, Hashable {
  /// How a comparison's sides must stand to each other.
  public typealias Relation = MetadataCondition.Relation

  /// It stands so to a value.
  case compare(QueryTerm, Relation, QueryOperand)
  /// It is at least the one and at most the other.
  case between(QueryTerm, QueryOperand, QueryOperand)
  /// It equals one of them.
  case among(QueryTerm, [QueryOperand])
  /// It equals an element of a list, which a parameter gives.
  case amongElements(QueryTerm, QueryOperand)
  /// It is text that begins with a text (bytes: with bytes).
  case prefix(QueryTerm, QueryOperand)
  /// It is text that has a text inside (bytes: bytes).
  case contains(QueryTerm, QueryOperand)
  /// It is a list with such an element, or is itself such a value.
  case has(QueryTerm, QueryOperand)
  /// It is a category: the text itself, or a text that goes on with `/` behind it.
  case under(QueryTerm, QueryOperand)
  /// The record has it, be it null.
  case exists(QueryTerm)
  /// The record has it, and it is null.
  case isNull(QueryTerm)
  /// Every word of a text is a word of some text of the record, whatever the case.
  case matches(QueryOperand)
  /// The condition is false.
  case not(QueryCondition)
  /// All are true; at least one is given.
  case and([QueryCondition])
  /// One of them is true; at least one is given.
  case or([QueryCondition])
}
