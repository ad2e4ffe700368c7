public import PluginSDK

/// Of the life of plugins.
extension HostEvents {
  /// A plugin was found in the folder for the first time.
  public static let pluginDiscovered = EventType<Discovered>("plugin.discovered")
  /// The image of a build is mapped and speaks the host's ABI.
  public static let pluginLoaded = EventType<Build>("plugin.loaded")
  /// A plugin serves.
  public static let pluginActive = EventType<Build>("plugin.active")
  /// A step of a plugin's life failed, or it crashed.
  public static let pluginFailed = EventType<Failed>("plugin.failed")
  /// Plugin code crashed, in the host's process or in a worker of its own.
  public static let pluginCrashed = EventType<Crashed>("plugin.crashed")
  /// A new build took over.
  public static let pluginReloaded = EventType<Reloaded>("plugin.reloaded")
  /// A reload was given up, or taken back on trial: the former build serves.
  public static let pluginRolledBack = EventType<RolledBack>("plugin.rolledback")
  /// The worker of an isolated plugin ended, and the next one serves.
  public static let pluginRestarted = EventType<Restarted>("plugin.restarted")
  /// A plugin was ended.
  public static let pluginUnloaded = EventType<Unloaded>("plugin.unloaded")
  /// A build is not tried again until an operator clears it.
  public static let pluginQuarantined = EventType<Quarantined>("plugin.quarantined")

  /// Where a plugin was found.
  public struct Discovered: Codable, Sendable, Equatable {
    /// Its file.
    public var path: String
    /// Its version.
    public var version: String

    /// Describes a discovery.
    public init(path: String, version: String) {
      self.path = path
      self.version = version
    }
  }

  /// A build.
  public struct Build: Codable, Sendable, Equatable {
    /// Its version.
    public var version: String
    /// 1 for the first build of this run of the host, then one more each reload.
    public var generation: Int

    /// Describes a build.
    public init(version: String, generation: Int) {
      self.version = version
      self.generation = generation
    }
  }

  /// What went wrong.
  public struct Failed: Codable, Sendable, Equatable {
    /// The step: `load`, `init`, `running`, ….
    public var phase: String
    /// Why.
    public var error: String

    /// Describes a failure.
    public init(phase: String, error: String) {
      self.phase = phase
      self.error = error
    }
  }

  /// What serves after the end of a worker.
  public struct Restarted: Codable, Sendable, Equatable {
    /// The generation that serves.
    public var generation: Int
    /// How the worker ended, in one line.
    public var cause: String

    /// Describes a restart.
    public init(generation: Int, cause: String) {
      self.generation = generation
      self.cause = cause
    }
  }

  /// A crash of plugin code.
  public struct Crashed: Codable, Sendable, Equatable {
    /// The number of its report: `dovetail crashes show REPORT`; 0 when it could not be kept.
    public var report: Int
    /// The build's version.
    public var version: String
    /// SHA-256 of its file in lower-case hexadecimal; empty where it is not known.
    public var hash: String
    /// Which generation of the plugin it was, 1….
    public var generation: Int
    /// `contained` (the host went on), `fatal` (it died, and this one tells of it), or `worker` (an isolated plugin's process died).
    public var outcome: String
    /// What happened, in one line.
    public var cause: String
    /// What the host had called, such as "handler 'poke'"; empty where it is not known.
    public var place: String
    /// The signal's name; empty for what ended without one.
    public var signal: String

    /// Describes a crash.
    public init(
      report: Int, version: String, hash: String, generation: Int, outcome: String, cause: String,
      place: String, signal: String
    ) {
      self.report = report
      self.version = version
      self.hash = hash
      self.generation = generation
      self.outcome = outcome
      self.cause = cause
      self.place = place
      self.signal = signal
    }
  }

  /// A reload that succeeded.
  public struct Reloaded: Codable, Sendable, Equatable {
    /// The former version.
    public var from: String
    /// The version that serves.
    public var to: String
    /// Its generation.
    public var generation: Int
    /// Milliseconds for which publishers and callers waited.
    public var pauseMilliseconds: Double

    private enum CodingKeys: String, CodingKey {
      case from, to, generation
      case pauseMilliseconds = "pause_ms"
    }

    /// Describes a reload.
    public init(from: String, to: String, generation: Int, pauseMilliseconds: Double) {
      self.from = from
      self.to = to
      self.generation = generation
      self.pauseMilliseconds = pauseMilliseconds
    }
  }

  /// A reload that failed, or was taken back.
  public struct RolledBack: Codable, Sendable, Equatable {
    /// Why.
    public var reason: String
    /// The version that serves; `nil` when the new build never served.
    public var to: String?
    /// Its generation; `nil` when the new build never served.
    public var generation: Int?

    /// Describes a rollback.
    public init(reason: String, to: String? = nil, generation: Int? = nil) {
      self.reason = reason
      self.to = to
      self.generation = generation
    }
  }

  /// The end of a plugin.
  public struct Unloaded: Codable, Sendable, Equatable {
    /// What became of its image, in a sentence.
    public var image: String

    /// Describes an end.
    public init(image: String) { self.image = image }
  }

  /// Why a build is not tried again.
  public struct Quarantined: Codable, Sendable, Equatable {
    /// What it did.
    public var cause: String
    /// SHA-256 of the build, in hexadecimal digits.
    public var hash: String

    /// Describes a quarantine.
    public init(cause: String, hash: String) {
      self.cause = cause
      self.hash = hash
    }
  }
}
