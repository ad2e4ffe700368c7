/// What an operation did to which plugin.
public struct OperationReport: Codable, Sendable, Equatable {
  /// What happened to one plugin.
  public struct Change: Codable, Sendable, Equatable {
    /// The plugin's id.
    public var plugin: String
    /// What happened, such as "loaded", "unloaded", "reloaded", "rolled back", "restarted", "blocked", "unchanged".
    public var action: String
    /// The name of the plugin's state now.
    public var state: String
    /// Its generation before; 0 when there was none.
    public var fromGeneration = 0
    /// Its generation now; 0 when there is none.
    public var toGeneration = 0
    /// Its version before.
    public var fromVersion: String?
    /// Its version now.
    public var toVersion: String?
    /// Milliseconds for which its gates were closed.
    public var pauseMilliseconds: Double?
    /// What became of the former image.
    public var unload: UnloadReport?
    /// Why, in prose, where the action alone does not say it.
    public var reason: String?

    /// Describes what happened; everything else starts empty.
    public init(plugin: String, action: String, state: String) {
      self.plugin = plugin
      self.action = action
      self.state = state
    }
  }

  /// The operation's name: "load", "unload", "reload" or "rollback".
  public var operation: String
  /// What happened, in order; for a dry run empty.
  public var changes: [Change]
  /// What would happen; only for a dry run.
  public var plan: PlanReport?
  /// Milliseconds from request to end.
  public var milliseconds: Double
  /// What the operator should know beside it, such as a budget that is nearly used up.
  public var warnings: [String]

  /// Describes an operation.
  public init(
    operation: String, changes: [Change] = [], plan: PlanReport? = nil, milliseconds: Double = 0,
    warnings: [String] = []
  ) {
    self.operation = operation
    self.changes = changes
    self.plan = plan
    self.milliseconds = milliseconds
    self.warnings = warnings
  }
}
