/// A command line taken apart.
public struct ParsedArguments: Sendable, Equatable {
  /// The values of each flag that was given, by name; a flag without a value has an empty one.
  public var values: [String: [String]] = [:]
  /// What is not a flag, in order.
  public var operands: [String] = []
}
