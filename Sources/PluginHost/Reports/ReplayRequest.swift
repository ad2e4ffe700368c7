/// Which recorded events are to be published once more, where, and how fast.
public struct ReplayRequest: Sendable, Equatable {
  /// How fast.
  public enum Speed: Sendable, Equatable {
    /// So many times the pace at which they were recorded, 0.001…1,000,000.
    case times(Double)
    /// As fast as the subscribers take them.
    case most
  }

  /// Where to begin; `nil` for the oldest record.
  public var from: LogMoment?
  /// The last to look at; `nil` for the newest record when the replay begins.
  public var to: LogMoment?
  /// The topics that are chosen.
  public var pattern: String
  /// Where to: `nil` for their own topics; a topic; or `prefix.>`, which puts the prefix before each topic.
  public var into: String?
  /// The plugin whose subscriptions alone receive them; `nil` for everybody.
  public var plugin: String?
  /// How fast.
  public var speed = Speed.times(1)
  /// Whether events are only counted.
  public var isDry = false

  /// Chooses events.
  public init(pattern: String) {
    self.pattern = pattern
  }

  /// A speed as operators write it: `max`, or a number of times such as `2x`.
  ///
  /// - Parameter text: What was written.
  /// - Returns: `nil` when it is none.
  public static func speed(_ text: String) -> Speed? {
    if text == "max" { return .most }
    let digits = text.hasSuffix("x") ? text.dropLast() : text[...]
    guard let times = Double(digits), (0.001...1_000_000).contains(times) else { return nil }
    return .times(times)
  }
}
