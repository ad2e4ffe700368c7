/// How a plugin is.
public struct PluginHealthReport: Codable, Sendable, Equatable {
  /// A change.
  public struct Change: Codable, Sendable, Equatable {
    /// When, RFC 3339 in UTC.
    public var time: String
    /// The state from then on.
    public var state: String
    /// Why.
    public var reason: String?

    /// Describes a change.
    public init(time: String, state: String, reason: String? = nil) {
      self.time = time
      self.state = state
      self.reason = reason
    }
  }

  /// The plugin's id.
  public var plugin: String
  /// `unknown`, `healthy`, `degraded` or `unhealthy`.
  public var state: String
  /// Why; `nil` when it is healthy.
  public var reason: String?
  /// Since when, RFC 3339 in UTC; `nil` when it never changed.
  public var since: String?
  /// When it was checked last, RFC 3339 in UTC; `nil` before the first check.
  public var checked: String?
  /// Milliseconds that the last check took.
  public var milliseconds: Double?
  /// Checks so far.
  public var checks: UInt64 = 0
  /// How many of the last ones were unhealthy.
  public var unhealthyInRow = 0
  /// Restarts because it was unhealthy, since it was last healthy for long enough.
  public var restarts = 0
  /// What becomes of it when it stays unhealthy: `none`, `restart` or `quarantine`.
  public var action: String
  /// The latest changes, oldest first, at most 20.
  public var history: [Change] = []

  /// Describes how a plugin is; everything else starts empty.
  public init(plugin: String, state: String, reason: String?, action: String) {
    self.plugin = plugin
    self.state = state
    self.reason = reason
    self.action = action
  }
}
