/// A figure of a group of records.
public struct QueryAggregate: Sendable, Hashable {
  /// How the figure is made.
  public enum Function: Sendable, Hashable {
    /// How many records there are, or how many of them have the field.
    case count
    /// The sum of the field's numbers, 0 when there are none: an integer when all are and the sum fits 64 bits.
    case sum
    /// The mean of the field's numbers, as a double; null when there are none.
    case average
    /// The field's least value of any kind; null when no record has it.
    case minimum
    /// The field's greatest value of any kind; null when no record has it.
    case maximum
    /// The least of the field's numbers that so many percent of them, 0…100, are not above; null when there are none. Exact.
    case percentile(Int)

    /// Its name in the text.
    public var name: String {
      switch self {
      case .count: "count"
      case .sum: "sum"
      case .average: "avg"
      case .minimum: "min"
      case .maximum: "max"
      case .percentile(let percent): "p\(percent)"
      }
    }

    static let names = ["count", "sum", "avg", "min", "max", "p50", "p95", "p99"]

    /// The function of a name.
    init?(name: String) {
      switch name {
      case "count": self = .count
      case "sum": self = .sum
      case "avg": self = .average
      case "min": self = .minimum
      case "max": self = .maximum
      default:
        guard name.first == "p", let percent = Int(name.dropFirst()), (0...100).contains(percent),
          name == "p\(percent)"
        else { return nil }
        self = .percentile(percent)
      }
    }
  }

  /// How the figure is made.
  public let function: Function
  /// What of each record it is made of; only `count` can do without.
  public let field: QueryField?

  /// Makes an aggregate.
  public init(_ function: Function, of field: QueryField? = nil) {
    self.function = function
    self.field = field
  }
}
