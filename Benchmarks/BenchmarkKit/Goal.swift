/// What a figure must reach, and what it aims at.
public struct Goal: Sendable, Equatable {
  /// What of a figure is compared.
  public enum Measure: Sendable, Equatable {
    /// Its value ÷ its limit.
    case ratio
    /// Its limit ÷ its value: how many times better it is than a peer.
    case advantage
    /// Its value.
    case value
  }

  /// Which side of `must` is good.
  public enum Side: Sendable, Equatable {
    /// Smaller is better.
    case atMost
    /// Greater is better.
    case atLeast
  }

  /// What of the figure is compared.
  public let measure: Measure
  /// Whether there is anything to reach; else the figure is for information.
  public var isHeld: Bool { !must.isNaN }
  /// Which side of `must` is good.
  public let side: Side
  /// The worst that it may be.
  public let must: Double
  /// What it should come near.
  public let aim: Double

  /// A goal for value ÷ limit, at most.
  public static func ratio(must: Double, aim: Double) -> Goal {
    Goal(measure: .ratio, side: .atMost, must: must, aim: aim)
  }

  /// A goal for value ÷ limit, at least.
  public static func ratio(atLeast must: Double, aim: Double) -> Goal {
    Goal(measure: .ratio, side: .atLeast, must: must, aim: aim)
  }

  /// A goal for limit ÷ value, at least: the limit is a peer, which is to be beaten.
  public static func advantage(must: Double, aim: Double) -> Goal {
    Goal(measure: .advantage, side: .atLeast, must: must, aim: aim)
  }

  /// A goal for the value itself, at most.
  public static func value(must: Double, aim: Double) -> Goal {
    Goal(measure: .value, side: .atMost, must: must, aim: aim)
  }

  /// No goal: the figure is for information, as its value or beside its limit.
  public static func none(_ measure: Measure = .ratio) -> Goal {
    Goal(measure: measure, side: .atMost, must: .nan, aim: .nan)
  }

  /// Whether what was judged is good enough.
  func isReached(by judged: Double) -> Bool {
    guard isHeld else { return true }
    return side == .atMost ? judged <= must : judged >= must
  }
}
