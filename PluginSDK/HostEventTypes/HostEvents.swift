public import PluginSDK

/// The events that a host publishes of itself, with their payloads. The plugin that an event is about is its `subject`.
///
/// ```swift
/// try context.subscribe(to: HostEvents.pluginFailed) { failure, event in
///   context.log.warning("\(event.subject) failed in \(failure.phase): \(failure.error)")
/// }
/// ```
public enum HostEvents {
  // MARK: The host

  /// All plugins had their `pre_init` and none its `init`: an interceptor that refuses it stops the start.
  public static let systemPreStartup = EventType<Count>("system.pre_startup")
  /// The host has started.
  public static let systemStartup = EventType<Count>("system.startup")
  /// The host is about to end; all plugins still serve.
  public static let systemShutdown = EventType<Nothing>("system.shutdown")
  /// All plugins had their `pre_cleanup` and none its `cleanup`.
  public static let systemPostShutdown = EventType<Nothing>("system.post_shutdown")
  /// Images that stay mapped hold more than the configuration allows.
  public static let systemRetiredBudget = EventType<RetiredBudget>("system.retired_budget")

  /// The host started with less than everything, because others died and no plugin could be blamed; or that was left.
  public static let systemSafeMode = EventType<SafeMode>("system.safe_mode")

  /// How much of a host runs.
  public struct SafeMode: Codable, Sendable, Equatable {
    /// `known-good`, `no-plugins`, or `off`.
    public var level: String
    /// Why, in prose.
    public var cause: String

    /// Describes how much runs.
    public init(level: String, cause: String) {
      self.level = level
      self.cause = cause
    }
  }

  /// How many plugins there are.
  public struct Count: Codable, Sendable, Equatable {
    /// Plugins that start, or have started.
    public var plugins: Int

    /// Describes a start.
    public init(plugins: Int) { self.plugins = plugins }
  }

  /// Nothing to say.
  public struct Nothing: Codable, Sendable, Equatable {
    /// Says nothing.
    public init() {}
  }

  /// What retired images hold.
  public struct RetiredBudget: Codable, Sendable, Equatable {
    /// Images.
    public var images: Int
    /// Bytes of them.
    public var bytes: Int
    /// What to do, in a sentence.
    public var warning: String

    /// Describes retired images.
    public init(images: Int, bytes: Int, warning: String) {
      self.images = images
      self.bytes = bytes
      self.warning = warning
    }
  }

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

  // MARK: Plugins

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

  // MARK: Records

  /// A record was written or removed; the subject is `COLLECTION/KEY`.
  public static let metadataChanged = EventType<Changed>("metadata.changed")
  /// So many changes came that single ones are not told: read what you need anew.
  public static let metadataResync = EventType<Resync>("metadata.resync")

  /// A change of a record.
  public struct Changed: Codable, Sendable, Equatable {
    /// The record's collection.
    public var collection: String
    /// The record's key.
    public var key: String
    /// The record's version.
    public var version: UInt64
    /// The store's revision.
    public var revision: UInt64
    /// Whether it was removed.
    public var deleted: Bool

    /// Describes a change.
    public init(collection: String, key: String, version: UInt64, revision: UInt64, deleted: Bool) {
      self.collection = collection
      self.key = key
      self.version = version
      self.revision = revision
      self.deleted = deleted
    }
  }

  /// Where to begin again.
  public struct Resync: Codable, Sendable, Equatable {
    /// The store's revision.
    public var revision: UInt64

    /// Describes a revision.
    public init(revision: UInt64) { self.revision = revision }
  }

  // MARK: The bus

  /// The circuit breaker of a service rejects calls. Its name is the event's subject.
  public static let breakerOpened = EventType<BreakerOpened>("breaker.opened")
  /// A circuit breaker permits a few calls, to see how they go.
  public static let breakerHalfOpen = EventType<BreakerChange>("breaker.half_open")
  /// A circuit breaker permits calls again.
  public static let breakerClosed = EventType<BreakerChange>("breaker.closed")

  /// Which circuit breaker changed.
  public struct BreakerChange: Codable, Sendable, Equatable {
    /// The service, or topic of requests.
    public var service: String
    /// Id of the plugin that offers it.
    public var provider: String
    /// Id of the plugin whose calls are meant; empty for all that share it.
    public var caller: String
    /// What the caller calls it, where it has several; else empty.
    public var label: String
    /// Number of the change: of two, the later one has the larger.
    public var change: Int

    /// Describes a change.
    public init(
      service: String, provider: String, caller: String = "", label: String = "", change: Int
    ) {
      self.service = service
      self.provider = provider
      self.caller = caller
      self.label = label
      self.change = change
    }
  }

  /// Which circuit breaker opened, and why.
  public struct BreakerOpened: Codable, Sendable, Equatable {
    /// The service, or topic of requests.
    public var service: String
    /// Id of the plugin that offers it.
    public var provider: String
    /// Id of the plugin whose calls are meant; empty for all that share it.
    public var caller: String
    /// What the caller calls it, where it has several; else empty.
    public var label: String
    /// Number of the change: of two, the later one has the larger.
    public var change: Int
    /// Why it opened, in half a sentence.
    public var reason: String
    /// Milliseconds until it permits calls to see how they go; -1 when an operator has to close it.
    public var probesIn: Int

    private enum CodingKeys: String, CodingKey {
      case service, provider, caller, label, change, reason
      case probesIn = "probes_in_ms"
    }

    /// Describes an opening.
    public init(
      service: String, provider: String, caller: String = "", label: String = "", change: Int,
      reason: String, probesIn: Int
    ) {
      self.service = service
      self.provider = provider
      self.caller = caller
      self.label = label
      self.change = change
      self.reason = reason
      self.probesIn = probesIn
    }
  }

  /// A queue has three quarters of its places taken.
  public static let busLag = EventType<Lag>("bus.lag")
  /// A handler runs past its time limit.
  public static let busHandlerTimeout = EventType<HandlerTimeout>("bus.handler.timeout")
  /// Events are not recorded for now.
  public static let busRecorderSuspended = EventType<RecorderSuspended>("bus.recorder.suspended")
  /// Events are recorded again.
  public static let busRecorderResumed = EventType<RecorderResumed>("bus.recorder.resumed")
  /// Something was lost, refused, or ran out of time; the topic's second segment says what.
  public static let loss = EventType<Loss>("loss.*")

  /// A queue that fills.
  public struct Lag: Codable, Sendable, Equatable {
    /// The subscription's name.
    public var subscription: String
    /// The topic of the event that was queued last.
    public var topic: String
    /// Events in the queue.
    public var queued: Int
    /// Events that it can hold.
    public var capacity: Int

    /// Describes a queue.
    public init(subscription: String, topic: String, queued: Int, capacity: Int) {
      self.subscription = subscription
      self.topic = topic
      self.queued = queued
      self.capacity = capacity
    }
  }

  /// A handler that is late.
  public struct HandlerTimeout: Codable, Sendable, Equatable {
    /// The subscription's name.
    public var subscription: String
    /// The topic of the event that it handles.
    public var topic: String
    /// Its time limit in milliseconds.
    public var limitMilliseconds: Int

    private enum CodingKeys: String, CodingKey {
      case subscription, topic
      case limitMilliseconds = "limit_ms"
    }

    /// Describes a handler that is late.
    public init(subscription: String, topic: String, limitMilliseconds: Int) {
      self.subscription = subscription
      self.topic = topic
      self.limitMilliseconds = limitMilliseconds
    }
  }

  /// Why events are not recorded.
  public struct RecorderSuspended: Codable, Sendable, Equatable {
    /// What the disk said.
    public var error: String

    /// Describes a recorder that waits.
    public init(error: String) { self.error = error }
  }

  /// What was not recorded.
  public struct RecorderResumed: Codable, Sendable, Equatable {
    /// Events, since the recorder waited.
    public var lost: Int

    /// Describes a recorder that goes on.
    public init(lost: Int) { self.lost = lost }
  }

  /// What was lost, counted.
  public struct Loss: Codable, Sendable, Equatable {
    /// Since it was told last.
    public var count: Int
    /// Since the host started.
    public var total: Int

    /// Describes a loss.
    public init(count: Int, total: Int) {
      self.count = count
      self.total = total
    }
  }
}
