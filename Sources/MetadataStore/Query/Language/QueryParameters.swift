import HostSupport

/// Values for the places that a query leaves open, so that nobody needs to write values into its text.
public struct QueryParameters: Sendable, Equatable {
  /// Values of `?`, in order.
  public var positional: [MetadataValue]
  /// Values of `:name`, by name.
  public var named: [String: MetadataValue]

  /// Takes values.
  public init(_ positional: [MetadataValue] = [], named: [String: MetadataValue] = [:]) {
    self.positional = positional
    self.named = named
  }

  /// The value of an operand.
  ///
  /// - Throws: `.invalid` when none was given.
  func value(of operand: QueryOperand) throws(MetadataError) -> MetadataValue {
    switch operand {
    case .value(let value): return value
    case .position(let index):
      guard positional.indices.contains(index) else {
        throw .invalid(
          "the query has a place ? number \(index + 1), but \(positional.count) values were given; "
            + "give one for each")
      }
      return positional[index]
    case .name(let name):
      guard let value = named[name] else {
        throw .invalid(
          "no value was given for :\(name) of the query"
            + Spelling.hint(for: name, in: named.keys))
      }
      return value
    }
  }
}
