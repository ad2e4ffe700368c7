/// What becomes of samples.
public enum Statistics {
  /// The middle of the samples; of an even number the mean of the two in the middle; 0 of none.
  public static func median(_ samples: [Double]) -> Double {
    guard !samples.isEmpty else { return 0 }
    let sorted = samples.sorted()
    let middle = sorted.count / 2
    return sorted.count.isMultiple(of: 2)
      ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
  }

  /// The sample that a share of the samples does not exceed.
  ///
  /// - Parameters:
  ///   - share: 0…1, such as 0.99.
  ///   - samples: May be empty; then 0.
  /// - Returns: One of the samples.
  public static func percentile(_ share: Double, of samples: [Double]) -> Double {
    guard !samples.isEmpty else { return 0 }
    let rank = Int((share * Double(samples.count)).rounded(.up)) - 1
    return samples.sorted()[min(max(rank, 0), samples.count - 1)]
  }
}
