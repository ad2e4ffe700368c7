/// One figure at one moment, as a provider that keeps a history of metrics has it.
public struct MetricSample: Sendable, Equatable {
  /// The figure's name, with its labels, as `dovetail metrics --prometheus` prints it.
  public let name: String
  /// Nanoseconds since 1970-01-01 UTC.
  public let time: Int64
  /// The figure.
  public let value: Double

  /// Makes a sample.
  public init(name: String, time: Int64, value: Double) {
    self.name = name
    self.time = time
    self.value = value
  }
}
