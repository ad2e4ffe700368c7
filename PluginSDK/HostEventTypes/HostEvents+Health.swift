public import PluginSDK

/// How the host and its plugins are.
extension HostEvents {
  /// The host became live or ready, or is not any more.
  public static let healthHost = EventType<HostHealth>("health.host")

  /// How the host is.
  public struct HostHealth: Codable, Sendable, Equatable {
    /// Whether its control thread makes progress.
    public var live: Bool
    /// Whether it has started, is not ending, and has what it needs.
    public var ready: Bool
    /// Why it is not; empty when it is both.
    public var reason: String

    /// Describes how the host is.
    public init(live: Bool, ready: Bool, reason: String) {
      self.live = live
      self.ready = ready
      self.reason = reason
    }
  }

  /// A plugin is healthy, degraded, unhealthy or unknown from now on.
  public static let healthChanged = EventType<HealthChange>("health.changed")
  /// Something is done, or not done any more, about an unhealthy plugin.
  public static let healthAction = EventType<HealthAction>("health.action")

  /// How a plugin is from now on.
  public struct HealthChange: Codable, Sendable, Equatable {
    /// What it was: `unknown`, `healthy`, `degraded` or `unhealthy`.
    public var from: String
    /// What it is.
    public var to: String
    /// Why; empty when it is healthy.
    public var reason: String
    /// The generation that was checked, 1….
    public var generation: Int

    /// Describes a change.
    public init(from: String, to: String, reason: String, generation: Int) {
      self.from = from
      self.to = to
      self.reason = reason
      self.generation = generation
    }
  }

  /// What is done about an unhealthy plugin.
  public struct HealthAction: Codable, Sendable, Equatable {
    /// `restart`, `quarantine`, or `none` when it is left as it is.
    public var action: String
    /// Why.
    public var reason: String

    /// Describes what is done.
    public init(action: String, reason: String) {
      self.action = action
      self.reason = reason
    }
  }

  /// A plugin uses more than its budget allows.
  public static let pluginBudget = EventType<OverBudget>("plugin.budget")

  /// What a plugin uses too much of.
  public struct OverBudget: Codable, Sendable, Equatable {
    /// `cpu` (percent of a processor), `handles`, `queued`, `retired` or `worker` (bytes).
    public var resource: String
    /// How much of it.
    public var used: Int
    /// How much is allowed.
    public var budget: Int

    /// Describes what is used.
    public init(resource: String, used: Int, budget: Int) {
      self.resource = resource
      self.used = used
      self.budget = budget
    }
  }
}
