public import HostSupport

extension HostConfiguration {
  /// How the health of plugins is watched, and what becomes of those that are unhealthy.
  public struct Health: Sendable, Equatable {
    /// What is done about a plugin that stays unhealthy.
    public enum Action: String, Sendable, CaseIterable {
      /// It is told of.
      case none
      /// Its build is started anew, as by a reload.
      case restart
      /// It is ended, and its build is not tried again until an operator clears it.
      case quarantine
    }

    /// Milliseconds from one check to the next, 10…3,600,000; 0 for no checks.
    public var interval = 10_000
    /// Milliseconds that a check may take, 1…600,000.
    public var deadline = 2_000
    /// Unhealthy checks in a row before something is done, 1…1,000.
    public var failures = 3
    /// What is done then.
    public var action = Action.none
    /// Restarts in a row before a plugin is left as it is, 1…1,000.
    public var restarts = 3
    /// Ids of the plugins without which the host is not ready.
    public var required: [String] = []
    /// For single plugins, by id: members of these names.
    public internal(set) var plugins: [String: JSON] = [:]

    /// The defaults.
    public init() {}
  }

  /// How one plugin's health is watched.
  func health(of id: String) -> Health {
    guard case .object(let own)? = health.plugins[id] else { return health }
    var copy = self
    for (name, value) in own { ConfigurationKey.named("health.\(name)")?.set(&copy, value) }
    return copy.health
  }
}
