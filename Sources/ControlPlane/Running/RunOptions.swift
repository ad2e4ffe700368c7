public import HostSupport
public import PluginHost

/// What `dovetail run` was asked for; what is `nil` or empty was not given, so that configuration and environment decide.
public struct RunOptions: Sendable, Equatable {
  /// The host's name.
  public var name: String?
  /// The state directory, an absolute path.
  public var stateDirectory: String?
  /// The control socket, an absolute path; `nil` for the one in the state directory.
  public var socket: String?
  /// The plugin folder; `nil` when the configuration names it.
  public var pluginDirectory: String?
  /// The configuration file, an absolute path.
  public var configurationFile: String?
  /// Whether to watch the plugin folders.
  public var watches: Bool?
  /// Whether only signed plugins are loaded, whatever the configuration says.
  public var requiresSignatures = false
  /// "directory", "builtin" or "both".
  public var mode: String?
  /// The least level that is logged.
  public var logLevel: LogLevel?
  /// How log records are written.
  public var logFormat: LogFormat?
  /// Seconds of probation, 0…3,600; `nil` when the configuration says it.
  public var probationSeconds: Int?
  /// Milliseconds that a shutdown may take.
  public var shutdownMilliseconds: Int?
  /// The level of safe mode to start in, or `off`.
  public var safeMode: String?
  /// What the supervisor tells of itself, when there is one.
  public var supervision: SupervisionReport?

  /// Nothing asked for but a place.
  public init(name: String? = nil, stateDirectory: String? = nil, socket: String? = nil) {
    self.name = name
    self.stateDirectory = stateDirectory
    self.socket = socket
  }
}
