import HostSupport
public import PluginHost

/// What a host said of itself at one moment.
public struct TopSample: Sendable {
  /// When, on the monotonic clock.
  public var moment: UInt64
  /// The host itself.
  public var host: HostReport
  /// Its plugins.
  public var plugins: [PluginReport]
  /// Its topics and subscriptions.
  public var stats: EventStatsReport

  /// Describes a moment of a host.
  public init(moment: UInt64, host: HostReport, plugins: [PluginReport], stats: EventStatsReport) {
    self.moment = moment
    self.host = host
    self.plugins = plugins
    self.stats = stats
  }

  /// Asks a host.
  ///
  /// - Parameters:
  ///   - client: Connected to it.
  ///   - milliseconds: How long to wait for each answer.
  /// - Throws: Why there is none.
  public init(_ client: ControlClient, milliseconds: Int) throws(ControlError) {
    host = try client.request("host.info", milliseconds: milliseconds)
    plugins = try client.request("plugins.list", milliseconds: milliseconds)
    stats = try client.request("events.stats", milliseconds: milliseconds)
    moment = Deadline.now()
  }
}
