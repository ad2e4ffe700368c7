/// What the host would do to bring its plugins in line with its plugin folders.
public struct PlanReport: Codable, Sendable, Equatable {
  /// One step.
  public struct Step: Codable, Sendable, Equatable {
    /// What happens to the plugin.
    public enum Action: String, Codable, Sendable {
      /// It is there as it should be.
      case keep
      /// It is loaded and started.
      case load
      /// Its running build is replaced.
      case reload
      /// It is ended and started again because something that it requires is replaced.
      case restart
      /// It is ended.
      case unload
      /// It cannot start.
      case block
    }

    /// The plugin's id.
    public var plugin: String
    /// What happens to it.
    public var action: Action
    /// Its version now; `nil` when it is not there.
    public var fromVersion: String?
    /// Its version afterwards; `nil` when it is gone.
    public var toVersion: String?
    /// Why, in prose.
    public var reason: String

    /// Describes a step.
    public init(
      plugin: String, action: Action, fromVersion: String? = nil, toVersion: String? = nil,
      reason: String
    ) {
      self.plugin = plugin
      self.action = action
      self.fromVersion = fromVersion
      self.toVersion = toVersion
      self.reason = reason
    }
  }

  /// Ids in order of start.
  public var order: [String]
  /// What happens, in the order in which it happens.
  public var steps: [Step]
  /// What stands in the way, in prose; empty when the plan can be carried out.
  public var problems: [String]

  /// Describes a plan.
  public init(order: [String], steps: [Step], problems: [String] = []) {
    self.order = order
    self.steps = steps
    self.problems = problems
  }
}
