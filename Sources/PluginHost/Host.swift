import CDovetail
import CHostSupport
import EventBus
import Glibc
public import HostSupport
import MetadataStore
import Synchronization

/// A plugin host: the first file to read.
///
/// It finds plugins (`Discovery`), decides which start in which order (`Resolution`), copies and maps them (`Loading`), takes
/// them through their lives (`Lifecycle`), replaces them while they run (`Reload`), and shows them the world through a table of
/// C functions (`Bridge`). What went wrong is kept by `Supervision`.
///
/// Threading: every method may be called from any thread but a plugin's handler; operations run one at a time on the host's
/// control thread. One host a process: it owns the signal handlers.
public final class Host: Sendable {
  /// How the host is set up now.
  public var configuration: HostConfiguration { live.current }
  private let live: LiveConfiguration
  private let reread: (@Sendable () throws(OperationError) -> HostConfiguration)?
  let core: HostCore
  let table = PluginTable()
  let state: StateDirectory
  let journal: Journal
  let quarantine: Quarantine
  let lastKnownGood: LastKnownGood
  /// The build before the one that serves, for `rollback`.
  let previousBuilds: LastKnownGood
  let lifecycle: Lifecycle
  let loader: ImageLoader
  let trust: TrustGate
  let events: HostEvents
  let control: ControlQueue
  private let janitor: Janitor
  private let chronicle: HostChronicle
  let builtins: [BuiltinPlugin]
  let faults: FaultDesk
  let recent: RecentEvents
  let recording: EventRecording
  let replays = Mutex<[EventReplay]>([])
  /// Kept for the life of the host, so that a second scan decodes nothing.
  let registry: RegistryCache
  private let watcher = Mutex<FolderWatcher?>(nil)
  private let stopRequest = Mutex<(@Sendable () -> Void)?>(nil)
  let startedAt = Deadline.now()
  private let startedTime = LogTime.now()
  /// What this run's supervisor tells of itself.
  let supervision: SupervisionReport?
  let safeMode: SafeMode
  let health = HealthMonitor()
  let processor: ProcessorTime
  /// Whether it has started, and whether it is ending.
  let stage = Mutex(HostStage.starting)
  /// The build that the host before died of and that is quarantined since.
  public let blamed: String?

  /// Prepares a host: locks its state directory, reads what the host before left, opens the metadata store. Runs no plugin.
  ///
  /// - Parameters:
  ///   - configuration: How to set it up.
  ///   - builtins: Plugins that are linked into this program; used when the mode says so.
  ///   - log: Where log lines go.
  ///   - supervision: What the supervisor of this process tells of itself; `nil` without one.
  ///   - startsSafely: The level of safe mode that an operator wants, or `off` for none whatever happened before; `nil` to
  ///     decide by what happened.
  ///   - reread: Reads the configuration anew, for `reloadConfiguration`.
  /// - Throws: `OperationError`: the state directory is in use or unusable, the store is damaged or newer.
  public init(
    configuration: HostConfiguration, builtins: [BuiltinPlugin] = [], log: LogWriter,
    supervision: SupervisionReport? = nil, startsSafely: String? = nil,
    reread: (@Sendable () throws(OperationError) -> HostConfiguration)? = nil
  ) throws(OperationError) {
    let live = LiveConfiguration(configuration)
    self.live = live
    self.reread = reread
    self.builtins = builtins
    self.supervision = supervision
    let parts = try HostParts(
      configuration, log: log, safeMode: Self.safeModeRequest(startsSafely, supervision))
    safeMode = parts.safeMode
    blamed = parts.blamed
    state = parts.state
    journal = parts.journal
    quarantine = parts.quarantine
    lastKnownGood = parts.lastKnownGood
    previousBuilds = parts.previousBuilds
    loader = parts.loader
    trust = parts.trust
    faults = parts.faults
    core = parts.core
    recent = RecentEvents()
    events = HostEvents(bus: core.bus, keeping: recent, losses: core.losses)
    recording = EventRecording(
      path: parts.state.path(of: "events"), core: core, events: events)
    chronicle = HostChronicle(seat: core.seat, log: core.log)
    registry = RegistryCache(path: parts.state.path(of: "cache/registry"))
    lifecycle = Lifecycle(
      core: core, opening: parts.opening, table: table, journal: journal, stager: parts.stager,
      inspector: parts.inspector, loader: loader,
      configuration: live, events: events, quarantine: quarantine,
      lastKnownGood: lastKnownGood, isolation: IsolationDesk(log: core.log))
    processor = ProcessorTime(table, pauseMilliseconds: Janitor.milliseconds)
    do throws(SystemError) {
      control = try ControlQueue(pulse: core.pulse)
      janitor = try Self.makeJanitor(core.bus, LossWatch(core: core, events: events), processor)
    } catch {
      throw OperationError(.failed, "the host cannot start its threads: \(error)")
    }
    try connect(configuration)
    parts.reportPreviousRun(to: core.log)
  }

  private static func makeJanitor(
    _ bus: EventBus, _ losses: LossWatch, _ processor: ProcessorTime
  ) throws(SystemError) -> Janitor {
    try Janitor {
      bus.tick()
      losses.look()
      processor.look()
    }
  }

  /// Lets the parts know of each other, and sets what the configuration says.
  private func connect(_ configuration: HostConfiguration) throws(OperationError) {
    faults.attach(self)
    lifecycle.isolation.onEnd { [weak self] generation in
      self?.control.submit { [weak self] in self?.workerEnded(generation) }
    }
    lifecycle.isolation.onStandby { [weak self] generation in
      self?.control.submit { [weak self] in self?.seeToStandby(of: generation) }
    }
    watchBreakers()
    setServicePolicies(configuration)
    setLimits(configuration)
    try setRoutes(configuration)
    try declareOwnTypes()
    try setTypes(configuration)
    recording.apply(configuration.recording)
    core.seat.onSeated { [events, chronicle] store in
      chronicle.poke()
      store.setOutbox(isWanted: { events.wantsChanges }) { event in
        events.publish(changed: event)
      }
    }
  }

  private static func safeModeRequest(
    _ text: String?, _ supervision: SupervisionReport?
  ) -> SafeMode.Request? {
    if let level = text.flatMap(SafeModeLevel.init) { return .enter(level) }
    // A supervisor starts each host with the same arguments: what they say of the past concerns the first.
    return text == "off" && (supervision?.restarts ?? 0) == 0 ? .leave : nil
  }

  /// The state directory's path.
  public var stateDirectory: String { state.path }

  /// What this run is configured with.
  var run: SessionReport.Run {
    SessionReport.Run(
      started: LogTime.rfc3339(startedTime), name: configuration.name, version: Dovetail.version,
      pid: getpid(), configuration: configuration.given)
  }

  /// The path of the control socket that belongs to the host.
  public var controlSocket: String { state.controlSocketPath }

  /// Finds and starts all plugins, and watches the folder when the configuration says so.
  ///
  /// - Throws: `OperationError` when the plugin folder cannot be read. A plugin's own failure is no error of the host's.
  public func start() throws(OperationError) {
    safeMode.beginStart()
    let active = try control.perform(until: .never) { [self] () -> Result<Int, OperationError> in
      Result { () throws(OperationError) in
        try reconcile(isStartup: true)
        reportSettings()
        return table.count(where: \.isActive)
      }
    }
    events.publish(
      "system.startup", ["plugins": .int(Int64(active))], waiting: configuration.lifecycleDeadline)
    if configuration.watch { startWatching() }
    startChronicle()
    safeMode.endStart()
    stage.withLock { if $0 == .starting { $0 = .serving } }
    reportSafeMode()
    startHealth()
    watchGoodRun()
    // What earlier hosts staged; it may be much, and nobody waits for it.
    core.bus.workers.submit { [state] in
      try? state.sweep()
      return false
    }
  }

  /// Stops all plugins in reverse order, flushes the store, and marks the state directory as left in order.
  ///
  /// - Parameter deadline: Bounds the whole; what has not ended then is abandoned.
  /// - Throws: `timeout` when something had not ended by then; `failed` when records could not be written.
  public func shutDown(deadline: Deadline) throws(OperationError) {
    safeMode.beginStop()
    stage.withLock { $0 = .ending }
    health.stop()
    watcher.withLock { watcher in
      watcher?.stop()
      watcher = nil
    }
    cancelReplays(until: min(deadline, .after(milliseconds: 5_000)))
    chronicle.stop(until: min(deadline, .after(milliseconds: 5_000)))
    let ended: Bool? = try? control.perform(until: deadline) {
      [self] () -> Result<Bool, OperationError> in
      keepGoodRun(olderThan: 0)
      events.publish("system.shutdown", [:], waiting: configuration.lifecycleDeadline)
      bringDown(shutdownOrder(), until: deadline, isShutdown: true)
      return .success(true)
    }
    control.stop()
    janitor.stop()
    events.stop()
    core.timers.stop()
    recording.stop(until: min(deadline, .after(milliseconds: 5_000)))
    core.bus.stop()
    let unsaved = closeMetadata()
    guard ended == true else {
      throw OperationError(
        .timeout, "the plugins had not all ended within the deadline; they were abandoned",
        advice: "raise shutdownDeadline, or see the log for who was slow")
    }
    safeMode.endStop()
    journal.endCleanly()
    if let unsaved { throw unsaved }
  }

  /// Writes what waits to be written.
  ///
  /// - Returns: Why it could not be, which the log tells too.
  private func closeMetadata() -> OperationError? {
    guard let error = core.seat.close() else { return nil }
    let failure = OperationError(
      .failed, "the last changes of the metadata store could not be written: \(error)",
      advice: "see that its folder is there and its disk has room; those changes are lost")
    core.log.log(.error, "metadata", "\(failure)")
    return failure
  }

  /// Names what is called when an operator asks the host to stop; it must not wait.
  public func onStopRequest(_ body: @escaping @Sendable () -> Void) {
    stopRequest.withLock { $0 = body }
  }

  /// Asks whoever runs the host to stop it.
  func requestStop() { stopRequest.withLock { $0 }?() }

  /// Reads the configuration anew. Log level, most deadlines, disabled plugins and settings apply from now on; those of
  /// `HostConfiguration.keysOfStart` are kept until the host is started again, and the log says which of them changed.
  ///
  /// - Throws: `OperationError` when the configuration is not valid; the present one stays.
  public func reloadConfiguration() throws(OperationError) {
    guard let reread else { return }
    let (next, kept) = configuration.following(try reread())
    let policy = try HostParts.policy(next)
    try setTypes(next)
    do throws(OperationError) {
      try setRoutes(next)
    } catch {
      try setTypes(configuration)
      throw error
    }
    live.current = next
    trust.policy = policy
    chronicle.poke()
    recording.apply(next.recording)
    setServicePolicies(next)
    setLimits(next)
    core.log.level = LogLevel(rawValue: next.log.level.rawValue) ?? core.log.level
    if !kept.isEmpty {
      core.log.log(
        .warning, "configuration",
        "\(kept.joined(separator: ", ")) changed: takes effect at the next start")
    }
    control.submit { [self] in
      followLimits()
      followLogLevel()
      for plugin in table.all { plugin.current.map(lifecycle.prepareStandby(of:)) }
      for id in configuration.disabled where table[id]?.isActive == true { endDisabled(id) }
      do throws(OperationError) { try reconcile() } catch {
        core.log.log(.error, "configuration", "\(error)")
      }
      reportSettings()
    }
  }

  private func endDisabled(_ id: String) {
    do throws(OperationError) {
      _ = try unloadNow(id, force: true, until: .after(milliseconds: configuration.drainDeadline))
      table.update(id) { $0.isStopped = false }
    } catch {
      core.log.log(.error, id, "\(error)")
    }
  }

  private func startChronicle() {
    let source = HostChronicle.Source(
      seconds: { [live] in live.current.metadata.metricsSeconds },
      run: { [weak self] in self?.run },
      figures: { [weak self] in self.map { MetricsCollector(host: $0).collect() } ?? [] })
    do throws(SystemError) { try chronicle.start(source) } catch {
      core.log.log(.error, "chronicle", "neither sessions nor figures are kept: \(error)")
    }
  }

  private static let watchedEndings = [".so", ".plugin.json", ".so.sig"]

  private func startWatching() {
    do throws(SystemError) {
      let watching = try FolderWatcher(
        folder: configuration.plugins, quiet: configuration.debounceMilliseconds,
        accepts: { !$0.hasPrefix(".") && Host.watchedEndings.contains(where: $0.hasSuffix) },
        tell: { [self] changes in
          control.submit { [self] in follow(changes) }
        })
      watcher.withLock { $0 = watching }
      // What changed between the scan and the watch.
      control.submit { [self] in follow([]) }
    } catch {
      core.log.log(
        .error, "watch", "the plugin folder \(configuration.plugins) is not watched: \(error)")
    }
  }

  /// Ids of active plugins in start order.
  func startOrder() -> [String] {
    let active = Set(
      table.all.filter { $0.current != nil && ($0.isActive || $0.state == .quiesced) }.map(\.id))
    let order = faults.order.withLock { $0 }
    return order.filter(active.contains) + active.subtracting(order).sorted()
  }
}
