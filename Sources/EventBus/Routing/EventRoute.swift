/// A rule that takes events of some topics to another. Owner's name and own name together outlive a reload.
///
/// Threading: mutable parts are touched under the bus's lock only.
public final class EventRoute: @unchecked Sendable {
  // Safe: `standing` changes under the lock of the bus, and so do `ordinal` and `figures` until it is in force; the rest is
  // immutable.
  /// What becomes of the event where it was published.
  public enum Mode: String, Sendable, CaseIterable {
    /// Its handlers receive it too.
    case copy
    /// Its handlers do not receive it.
    case move
  }

  /// What is asked for.
  public struct Rule: Sendable, Equatable {
    /// The topics whose events are taken.
    public let from: TopicPattern
    /// What an event must meet; all of them.
    public let conditions: [EventCondition]
    /// The topic that they are taken to.
    public let to: String
    /// What becomes of the event where it was published.
    public let mode: Mode

    /// Describes a rule.
    ///
    /// - Throws: `BusError.invalid` when `to` is no topic.
    public init(
      from: TopicPattern, conditions: [EventCondition] = [], to: String, mode: Mode = .copy
    ) throws(BusError) {
      if let problem = TopicName.problem(in: to) { throw .invalid(problem) }
      self.from = from
      self.conditions = conditions
      self.to = to
      self.mode = mode
    }
  }

  enum Standing { case shadow, active, suspended }

  /// What became of events, over all generations that have its name.
  final class Figures: Sendable {
    let taken = Tally()
    let stopped = Tally()
  }

  /// Whose it is.
  public let owner: Owner
  /// Unique in its owner.
  public let name: String
  /// As it was asked for.
  public let rule: Rule
  let target: Topic
  var ordinal: UInt64
  var standing: Standing
  private(set) var figures = Figures()

  init(
    owner: Owner, name: String, rule: Rule, target: Topic, ordinal: UInt64, standing: Standing
  ) {
    self.owner = owner
    self.name = name
    self.rule = rule
    self.target = target
    self.ordinal = ordinal
    self.standing = standing
  }

  /// Counts on from one before; before it is in force.
  func countOn(from former: EventRoute) {
    // One that comes back counts so already, and a publisher may be counting.
    if figures !== former.figures { figures = former.figures }
  }

  /// Events that it took.
  public var routed: UInt64 { figures.taken.value }

  /// Events that it did not take, because they had come too far already.
  public var loops: UInt64 { figures.stopped.value }
}
