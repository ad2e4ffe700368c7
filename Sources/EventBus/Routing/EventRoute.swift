/// A rule that takes events of some topics to another.
///
/// Threading: mutable parts are touched under the bus's lock only.
public final class EventRoute: @unchecked Sendable {
  // Safe: `standing` changes under the lock of the bus; the rest is immutable.
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

  /// Whose it is.
  public let owner: Owner
  /// As it was asked for.
  public let rule: Rule
  let target: Topic
  var standing: Standing
  let taken = Tally()
  let stopped = Tally()

  init(owner: Owner, rule: Rule, target: Topic, standing: Standing) {
    self.owner = owner
    self.rule = rule
    self.target = target
    self.standing = standing
  }

  /// Events that it took.
  public var routed: UInt64 { taken.value }

  /// Events that it did not take, because they had come too far already.
  public var loops: UInt64 { stopped.value }
}
