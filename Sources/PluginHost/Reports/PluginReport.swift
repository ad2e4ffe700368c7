/// One plugin as its host sees it now.
public struct PluginReport: Codable, Sendable, Equatable {
  /// The plugin's id.
  public var id: String
  /// Its version (semver).
  public var version: String
  /// The name of its state, as `PluginState.name` has it.
  public var state: String
  /// What a person wants to know about the state: the error, the cause, the chain; `nil` when it is active.
  public var detail: String?
  /// How it is: `unknown`, `healthy`, `degraded` or `unhealthy`; `nil` when it is not active.
  public var health: String?
  /// What the manifest says that it does.
  public var summary: String?
  /// The file that it came from; empty for a plugin that is linked into the host.
  public var path: String
  /// The number of the build that runs or ran last: 1 for the first in this run of the host, 0 when none was mapped.
  public var generation = 0
  /// SHA-256 of the build in lower-case hexadecimal.
  public var contentHash: String?
  /// What speaks for the build: `signed by KEY`, `listed` or `unverified`; `nil` where the configuration asks for nothing.
  public var trust: String?
  /// The Swift toolchain that built it, such as "6.3.1"; `nil` when it is not Swift.
  public var toolchain: String?
  /// What becomes of its image when it ends.
  public var unload: UnloadReport?
  /// Seconds since this generation became active.
  public var uptimeSeconds: Double?
  /// Events delivered to its handlers in this generation.
  public var delivered = 0
  /// Deliveries and calls that failed in this generation.
  public var failed = 0
  /// Events that it published in this generation.
  public var published = 0
  /// Ids of the plugins that it requires.
  public var dependencies: [String] = []
  /// Ids of the plugins that require it.
  public var dependents: [String] = []
  /// Names of the services that it offers now.
  public var services: [String] = []
  /// Names of its subscriptions with their patterns.
  public var subscriptions: [String] = []
  /// The last error, with its time.
  public var lastError: String?
  /// The number of its last crash report: `dovetail crashes show NUMBER`.
  public var lastCrash: Int?
  /// Bytes of address space that its images hold, retired ones included.
  public var bytesHeld = 0
  /// The process that it runs in; `nil` when that is the host's.
  public var worker: WorkerReport?
  /// How many earlier generations are still mapped.
  public var retiredGenerations = 0
  /// What it uses.
  public var resources: ResourceReport?
  /// Whether the host keeps an earlier build that `rollback` can return to.
  public var canRollBack = false

  /// Describes a plugin; everything else starts empty.
  public init(id: String, version: String, state: String, path: String) {
    self.id = id
    self.version = version
    self.state = state
    self.path = path
  }
}
