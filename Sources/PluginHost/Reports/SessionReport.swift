public import HostSupport

/// What a host was configured with: in this run, and in the run before.
public struct SessionReport: Codable, Sendable, Equatable {
  /// One run of a host.
  public struct Run: Codable, Sendable, Equatable {
    /// When it started, RFC 3339 in UTC.
    public var started: String
    /// The host's name.
    public var name: String
    /// Its version.
    public var version: String
    /// Its process.
    public var pid: Int32
    /// What file, environment and flags set, by key; of `settings` only the plugins' ids. Everything else had its default.
    public var configuration: [String: JSON]

    /// Describes a run.
    public init(
      started: String, name: String, version: String, pid: Int32, configuration: [String: JSON]
    ) {
      self.started = started
      self.name = name
      self.version = version
      self.pid = pid
      self.configuration = configuration
    }
  }

  /// This run.
  public var run: Run
  /// The run before; `nil` when there was none, or nothing is known of it.
  public var before: Run?

  /// Describes sessions.
  public init(run: Run, before: Run? = nil) {
    self.run = run
    self.before = before
  }
}
