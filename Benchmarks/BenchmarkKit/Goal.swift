/// What a figure must reach, and what it aims at; smaller is better.
public struct Goal: Sendable, Equatable {
  /// What of a figure is compared.
  public enum Measure: Sendable, Equatable {
    /// Its value ÷ its limit.
    case ratio
    /// Its value.
    case value
  }

  /// What of the figure is compared.
  public let measure: Measure
  /// The most it may be.
  public let must: Double
  /// What it should come near.
  public let aim: Double

  /// A goal for value ÷ limit.
  public static func ratio(must: Double, aim: Double) -> Goal {
    Goal(measure: .ratio, must: must, aim: aim)
  }

  /// A goal for the value itself.
  public static func value(must: Double, aim: Double) -> Goal {
    Goal(measure: .value, must: must, aim: aim)
  }
}
