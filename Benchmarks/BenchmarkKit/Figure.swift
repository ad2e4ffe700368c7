import HostSupport

/// One measured figure, beside the limit that was measured in turn with it.
public struct Figure: Sendable, Equatable {
  /// Its name, as `make bench FILTER=` takes it.
  public let name: String
  /// Median of the samples, in `unit`.
  public let value: Double
  /// What the value is in, such as `ns`.
  public let unit: String
  /// Median of the limit's samples, in the same unit; `nil` where nothing stands beside it.
  public let limit: Double?
  /// What the limit is, in a few words.
  public let limitName: String
  /// How many samples were taken of each.
  public let runs: Int
  /// The least sample.
  public let min: Double
  /// The greatest sample.
  public let max: Double
  /// What it is held against.
  public let goal: Goal

  /// Makes a figure of samples.
  ///
  /// - Parameters:
  ///   - name: Its name.
  ///   - unit: What the samples are in.
  ///   - samples: At least one.
  ///   - limit: Samples of the limit; may be empty.
  ///   - limitName: What the limit is.
  ///   - goal: What the figure is held against.
  public init(
    name: String, unit: String, samples: [Double], limit: [Double] = [], limitName: String = "",
    goal: Goal
  ) {
    self.name = name
    self.unit = unit
    value = Statistics.median(samples)
    self.limit = limit.isEmpty ? nil : Statistics.median(limit)
    self.limitName = limitName
    runs = samples.count
    min = samples.min() ?? 0
    max = samples.max() ?? 0
    self.goal = goal
  }

  /// How many times the limit the value is, or where the limit is a peer to be beaten, the other way; `nil` without a limit.
  public var ratio: Double? {
    guard let limit, limit > 0 else { return nil }
    return goal.measure == .advantage ? limit / value : value / limit
  }

  /// What is compared with the goal.
  public var judged: Double {
    switch goal.measure {
    case .ratio: ratio ?? .infinity
    case .advantage: ratio ?? 0
    case .value: value
    }
  }

  /// Whether the figure is no worse than it must be.
  public var isReached: Bool { goal.isReached(by: judged) }

  /// The figure as one line of JSON, without a newline.
  public var jsonLine: String {
    JSON.object([
      "name": .string(name), "value": .double(value), "unit": .string(unit),
      "limit": limit.map(JSON.double) ?? .null, "limit_name": .string(limitName),
      "ratio": ratio.map(JSON.double) ?? .null, "runs": .int(Int64(runs)), "min": .double(min),
      "max": .double(max),
    ]).text()
  }
}
