/// A value of a query, or the place of one that is given when the query is run.
public enum QueryOperand: Sendable, Hashable {
  /// The value.
  case value(MetadataValue)
  /// The value of `QueryParameters.positional`, 0…: the first `?` in the text has 0.
  case position(Int)
  /// The value of `QueryParameters.named`: `:name` in the text.
  case name(String)
}

extension QueryOperand: ExpressibleByIntegerLiteral {
  /// An integer.
  public init(integerLiteral value: Int64) { self = .value(.int(value)) }
}

extension QueryOperand: ExpressibleByFloatLiteral {
  /// A double.
  public init(floatLiteral value: Double) { self = .value(.double(value)) }
}

extension QueryOperand: ExpressibleByStringLiteral {
  /// Text.
  public init(stringLiteral value: String) { self = .value(.string(value)) }
}

extension QueryOperand: ExpressibleByBooleanLiteral {
  /// True or false.
  public init(booleanLiteral value: Bool) { self = .value(.bool(value)) }
}
