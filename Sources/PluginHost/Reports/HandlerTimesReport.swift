/// How long a handler takes, from samples: at most about 20 calls a second are timed.
public struct HandlerTimesReport: Codable, Sendable, Equatable {
  /// Calls whose time lies within the same bounds.
  public struct Bucket: Codable, Sendable, Equatable {
    /// They took less than so many nanoseconds, and at least half of that.
    public var belowNanoseconds: UInt64
    /// So many calls.
    public var calls: UInt64

    /// Describes calls of about the same length.
    public init(belowNanoseconds: UInt64, calls: UInt64) {
      self.belowNanoseconds = belowNanoseconds
      self.calls = calls
    }
  }

  /// Calls that were timed.
  public var sampled: UInt64
  /// Their mean.
  public var meanNanoseconds: Double
  /// What half of them stay within, to a factor of 2.
  public var medianNanoseconds: UInt64
  /// What 99 % of them stay within, to a factor of 2.
  public var p99Nanoseconds: UInt64
  /// The longest.
  public var mostNanoseconds: UInt64
  /// The histogram, shortest first, without empty buckets.
  public var histogram: [Bucket]

  /// Describes a handler's times.
  public init(
    sampled: UInt64, meanNanoseconds: Double, medianNanoseconds: UInt64, p99Nanoseconds: UInt64,
    mostNanoseconds: UInt64, histogram: [Bucket]
  ) {
    self.sampled = sampled
    self.meanNanoseconds = meanNanoseconds
    self.medianNanoseconds = medianNanoseconds
    self.p99Nanoseconds = p99Nanoseconds
    self.mostNanoseconds = mostNanoseconds
    self.histogram = histogram
  }
}
