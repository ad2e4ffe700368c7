/// A rule that takes events from topic to topic.
public struct RouteReport: Codable, Sendable, Equatable {
  /// The topics whose events are taken, as a pattern.
  public var from: String
  /// What an event must meet, a condition each.
  public var filter: [String]
  /// The topic that they are taken to.
  public var to: String
  /// `copy` or `move`.
  public var mode: String
  /// The plugin whose rule it is; `dovetail` for the configuration's.
  public var owner: String
  /// Unique among the owner's rules.
  public var name: String
  /// Events that it took.
  public var routed: UInt64
  /// Events that it did not take, because routes had taken them in circles.
  public var loops: UInt64

  /// Describes a rule.
  public init(
    from: String, filter: [String] = [], to: String, mode: String, owner: String, name: String,
    routed: UInt64, loops: UInt64
  ) {
    self.from = from
    self.filter = filter
    self.to = to
    self.mode = mode
    self.owner = owner
    self.name = name
    self.routed = routed
    self.loops = loops
  }
}
