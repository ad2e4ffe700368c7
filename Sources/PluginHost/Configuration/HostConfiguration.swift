public import HostSupport

/// Everything that an operator can set: `dovetail.json` < environment `DOVETAIL_…` < flags, in rising order.
///
/// Times are in milliseconds unless the name says otherwise. `ConfigurationKey.all` lists every key with its meaning.
public struct HostConfiguration: Sendable, Equatable {
  /// Where plugins come from.
  public enum Mode: String, Sendable, CaseIterable {
    /// From the plugin folder.
    case directory
    /// From the executable itself, registered by their descriptors.
    case builtin
    /// From both.
    case both
  }

  /// What happens when plugin code crashes in the host's process.
  public enum CrashPolicy: String, Sendable, CaseIterable {
    /// Traps of the Swift runtime and arithmetic faults are contained; memory faults end the host.
    case traps
    /// Memory faults and aborts are contained too, though they may have damaged anything: for development.
    case containAll = "contain-all"
    /// Nothing is contained.
    case off
  }

  /// What becomes of an isolated plugin on a kernel that lacks a mechanism of its sandbox.
  public enum Sandbox: String, Sendable, CaseIterable {
    /// It is refused, and the message names the mechanism.
    case required
    /// It runs without that mechanism, which the log tells.
    case bestEffort = "best-effort"
  }

  /// How long and how much a new generation is on trial.
  public struct Probation: Sendable, Equatable {
    /// Seconds, 0…3,600; 0 turns probation off.
    public var seconds = 10
    /// Calls into the plugin after which probation ends early, 0…10⁹; 0 means no such limit.
    public var calls = 0
    /// Bytes of events kept for a rollback, 0…4 GiB; when they are full, probation ends by commit.
    public var bytes = 64 << 20
  }

  /// How many events that could not be delivered are kept; the oldest give way.
  public struct DeadLetters: Sendable, Equatable {
    /// Events, 0…1,000,000.
    public var count = 1_000
    /// Bytes, 0…4 GiB.
    public var bytes = 16 << 20
  }

  /// How much retired images may hold before the host warns.
  public struct RetiredBudget: Sendable, Equatable {
    /// Images, 1…1,000,000.
    public var images = 1_000
    /// Bytes, 1 MiB…1 TiB.
    public var bytes = 256 << 20
  }

  /// What the host logs and how.
  public struct Log: Sendable, Equatable {
    /// The least severe level that is written.
    public enum Level: String, Sendable, CaseIterable {
      /// Every step.
      case trace
      /// What helps to find a fault.
      case debug
      /// What an operator wants to know.
      case info
      /// What may need attention.
      case warning
      /// What went wrong.
      case error
    }
    /// The form of a line.
    public enum Format: String, Sendable, CaseIterable {
      /// Text on a terminal, JSON otherwise.
      case auto
      /// A line for people.
      case text
      /// One JSON object a line.
      case json
    }
    /// The least severe level that is written.
    public var level = Level.info
    /// The form of a line.
    public var format = Format.auto
  }

  /// Where the metadata store keeps its records.
  public struct Metadata: Sendable, Equatable {
    /// What keeps the records: a provider of the kernel's, or the name of one that a plugin offers.
    public struct Provider: RawRepresentable, Sendable, Equatable {
      /// The provider's name: 1…64 of `a-z 0-9 _ -`.
      public let rawValue: String

      /// Names a provider.
      public init(rawValue: String) {
        self.rawValue = rawValue
      }

      /// One JSON file a record.
      public static let file = Provider(rawValue: "file")
      /// Nothing: they are gone when the host ends.
      public static let memory = Provider(rawValue: "memory")

      static let inKernel = [file, memory]
      var isInKernel: Bool { Self.inKernel.contains(self) }
    }
    /// What keeps the records.
    public var provider = Provider.file
    /// The folder of the `file` provider; `nil` for `store` in the state directory.
    public var path: String?
    /// Where a store in memory is saved to now and then.
    public struct Snapshots: Sendable, Equatable {
      /// The provider that takes them and from which the next start restores; `nil` for none. Only with `memory`.
      public var provider: Provider?
      /// Seconds between two, 1…86,400.
      public var seconds = 30
    }
    /// Where a store in memory is saved to now and then.
    public var snapshots = Snapshots()
    /// How much a store in memory may hold.
    public struct Memory: Sendable, Equatable {
      /// The most records; 0 for any number.
      public var records = 0
      /// The most bytes that they take; 0 for any number.
      public var bytes = 0
    }
    /// How much a store in memory may hold.
    public var memory = Memory()
    /// Seconds between two samples of the host's figures, where the provider keeps a history of them, 0…86,400; 0 for none.
    public var metricsSeconds = 60
    /// How many milliseconds a plugin's provider may take, without showing a record, to open its store, and for each step while
    /// records are moved, 1…3,600,000.
    public var providerDeadline = 60_000
    /// What a plugin's provider is told when it is opened; an object.
    public var options: JSON = .object([:])
  }

  /// The plugin folder; relative to the working directory unless absolute.
  public var plugins = "plugins"
  /// The state directory; `nil` for `$XDG_STATE_HOME/dovetail/NAME`.
  public var state: String?
  /// The host's name, 1…64 letters, digits, `-`, `_` or `.`.
  public var name = "default"
  /// Where plugins come from.
  public var mode = Mode.directory
  /// Whether the plugin folder is watched.
  public var watch = false
  /// How long a file must be unchanged before it is loaded, 0…60,000.
  public var debounceMilliseconds = 250
  /// Globs of file names to load; all when empty.
  public var includes: [String] = []
  /// Globs of file names not to load; they win over `includes`.
  public var excludes: [String] = []
  /// Ids of plugins that are not started.
  public var disabled: [String] = []
  /// How long one lifecycle call may take, 1…600,000.
  public var lifecycleDeadline = 10_000
  /// How long the whole shutdown may take, 1…600,000.
  public var shutdownDeadline = 30_000
  /// How long a reload or unload waits for calls in flight, 1…600,000.
  public var drainDeadline = 5_000
  /// How long a publisher or caller waits at a closed gate, 1…600,000.
  public var gateDeadline = 5_000
  /// How long and how much a new generation is on trial.
  public var probation = Probation()
  /// What happens when plugin code crashes in the host's process.
  public var crash = CrashPolicy.traps
  /// Which plugins run in processes of their own, and how those are kept.
  public var isolation = Isolation()
  /// The same for single plugins, by id; holds for generations that are made from then on.
  public var crashPolicies: [String: CrashPolicy] = [:]
  /// Topics that may be known before those that were only published to by name are forgotten, 100…10,000,000.
  public var topics = 65_536
  /// How many events that could not be delivered are kept.
  public var deadLetters = DeadLetters()
  /// How much retired images may hold before the host warns.
  public var retiredBudget = RetiredBudget()
  /// Threads that serve asynchronous handlers, 0…256; 0 takes two.
  public var asyncThreads = 0
  /// How deep publishes may nest, 1…64.
  public var depthLimit = 32
  /// What the host logs and how.
  public var log = Log()
  /// Whether commits, quarantine and last known good are forced to the disk.
  public var journalFsync = true
  /// Whether an image with constructors is tried in a throw-away child first.
  public var loadProbe = false
  /// Where the metadata store keeps its records.
  public var metadata = Metadata()
  /// Rules that take events from topic to topic, 0…256.
  public var routes: [Route] = []
  /// What becomes of events that do not fit what was declared of their topic.
  public var enforceSchemas = SchemaEnforcement.warn
  /// What is declared of events, 0…256.
  public var eventTypes: [EventTypeSetting] = []
  /// How many events a second plugins may publish.
  public struct Limits: Sendable, Equatable {
    /// Events a second that each plugin may publish, 0…1,000,000,000; 0 for any number.
    public var publishRate = 0
    /// The same for single plugins, by id.
    public var publishRates: [String: Int] = [:]

    /// Events a second that a plugin may publish; 0 for any number.
    func rate(of plugin: String) -> Int { publishRates[plugin] ?? publishRate }
  }

  /// How many events a second plugins may publish.
  public var limits = Limits()
  /// What holds for the calls of services, where nothing is said of one in particular.
  public var calls = Calls()
  /// What holds for the calls of services in particular, by name or pattern; each an object.
  public var services: [String: JSON] = [:]
  /// Which events are recorded on the disk.
  public var recording = Recording()
  /// How `dovetail run --supervise` keeps a host alive.
  public var supervision = Supervision()
  /// What is asked of the files that are mapped.
  public var trust = TrustSettings()
  /// What a worker process of an isolated plugin may use.
  public var workerLimits = WorkerLimits()
  /// What becomes of an isolated plugin on a kernel that cannot restrict it.
  public var sandbox = Sandbox.required
  /// How the health of plugins is watched.
  public var health = Health()
  /// How much plugins may use before the host warns.
  public var budget = Budget()
  /// When the host starts in safe mode.
  public var safeMode = SafeModeRules()
  /// Settings of plugins, by id; each an object.
  public var settings: [String: JSON] = [:]

  /// What was set, by key; of `settings`, which may have secrets, the ids of the plugins. Everything else has its default.
  public internal(set) var given: [String: JSON] = [:]

  /// The defaults.
  public init() {}
}
