/// How a host and its plugins are.
public struct HealthReport: Codable, Sendable, Equatable {
  /// The host's name.
  public var name: String
  /// `healthy`, `degraded` or `unhealthy`: the worst of the host and its active plugins; one that failed or is quarantined makes
  /// the host degraded.
  public var status: String
  /// Whether its control thread makes progress.
  public var live: Bool
  /// Whether it has started, is not ending, and has what it needs.
  public var ready: Bool
  /// Why it is not live, or not ready; empty when it is both.
  public var reasons: [String]
  /// The plugins, by id.
  public var plugins: [PluginHealthReport]

  /// Describes how a host is.
  public init(
    name: String, status: String, live: Bool, ready: Bool, reasons: [String],
    plugins: [PluginHealthReport]
  ) {
    self.name = name
    self.status = status
    self.live = live
    self.ready = ready
    self.reasons = reasons
    self.plugins = plugins
  }
}
