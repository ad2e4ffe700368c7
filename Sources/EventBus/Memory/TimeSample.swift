/// Times of calls, sampled: a histogram whose bounds double.
public struct TimeSample: Sendable, Equatable {
  /// Calls that were timed.
  public let count: UInt64
  /// Nanoseconds of all of them.
  public let sum: UInt64
  /// Nanoseconds of the longest.
  public let most: UInt64
  /// Calls that took less than 2^i ns and at least half of that, by i; the last also counts all above.
  public let buckets: [UInt64]

  /// Nanoseconds that a share of the calls stay within: the upper bound of the bucket in which it is reached, at most `most`.
  ///
  /// - Parameter share: 0…1, 0.99 for the 99th percentile.
  /// - Returns: 0 when none was timed.
  public func quantile(_ share: Double) -> UInt64 {
    var left = Double(buckets.reduce(0, +)) * share
    for (index, calls) in buckets.enumerated() where calls > 0 {
      left -= Double(calls)
      if left <= 0 { return min(most, 1 << UInt64(index)) }
    }
    return most
  }
}
