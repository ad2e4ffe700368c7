/// What one figure was, as the store's provider kept it.
public struct MetricHistoryReport: Codable, Sendable, Equatable {
  /// The figure at one moment.
  public struct Sample: Codable, Sendable, Equatable {
    /// RFC 3339 in UTC.
    public var time: String
    /// The figure.
    public var value: Double

    /// Makes a sample.
    public init(time: String, value: Double) {
      self.time = time
      self.value = value
    }
  }

  /// The figure's name with its labels.
  public var series: String
  /// By time.
  public var samples: [Sample]
  /// Earlier samples of the time that was asked for, beyond the limit.
  public var omitted: Int

  /// Describes a history.
  public init(series: String, samples: [Sample], omitted: Int = 0) {
    self.series = series
    self.samples = samples
    self.omitted = omitted
  }
}
