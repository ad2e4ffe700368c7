import EventBus
import HostSupport
import MetadataStore
import Synchronization

/// What every plugin of a host shares: the bus, services, timers, metadata, the log.
///
/// Threading: immutable; everything in it may be used from any thread.
final class HostCore: Sendable {
  let bus: EventBus
  let services = ServiceRegistry()
  let responders = ResponderRegistry()
  let timers: Scheduler
  let providers: PersistenceRegistry
  let seat: StoreSeat
  /// The metadata store; throws `.unavailable` before it is there.
  var metadata: MetadataStore { get throws(MetadataError) { try seat.store } }
  let log: LogWriter
  /// Whose the declarations of the configuration are. No plugin has such a name.
  let configurationOwner = Owner(name: "the configuration", generation: 1)
  let limits: BridgeLimits
  /// Of the control thread.
  let pulse = Pulse()
  /// How many events a second plugins may publish; generations follow it when they are opened.
  let publishLimits = Mutex(HostConfiguration.Limits())
  /// Told of a contained crash of plugin code, on the thread where it happened.
  let onCrash: @Sendable (PluginInstance, _ signal: Int32, _ place: String) -> Void
  /// Told of a crash that was contained in a step of a plugin's life.
  let onPhaseCrash: @Sendable (PluginInstance, ContainedCrash, LifecyclePhase) -> Void

  init(
    bus: EventBus, providers: PersistenceRegistry, seat: StoreSeat, log: LogWriter,
    limits: BridgeLimits,
    onCrash: @escaping @Sendable (PluginInstance, Int32, String) -> Void,
    onPhaseCrash: @escaping @Sendable (PluginInstance, ContainedCrash, LifecyclePhase) -> Void
  ) {
    self.bus = bus
    timers = Scheduler(workers: bus.workers)
    self.providers = providers
    self.seat = seat
    self.log = log
    self.limits = limits
    self.onCrash = onCrash
    self.onPhaseCrash = onPhaseCrash
  }

  /// What waits at a plugin's gate beside its subscriptions: services, timers, watches, the collecting of its figures.
  func gatedCallables(of instance: PluginInstance) -> [Callable] {
    services.callables(of: instance.owner) + timers.callables(of: instance.owner)
      + responders.callables(of: instance.owner, validating: false)
      + bus.interceptorCallables(of: instance.owner)
      + instance.watches.compactMap(\.callable) + [instance.figures]
  }

  /// Whose calls wait at a plugin's gate.
  func gatedOwners(of instance: PluginInstance) -> [Owner] { [instance.owner, instance.judging] }

  /// What waits at a plugin's gate only when the plugin is quiet: its validators, which judge its own last writes too.
  func gatedValidators(of instance: PluginInstance) -> [Callable] {
    responders.callables(of: instance.owner, validating: true)
  }

  /// The circuit breakers of a plugin's services that are open now.
  func openBreakers(of plugin: String) -> [Breaker.Snapshot] {
    services.guards.breakers.filter { $0.name.provider == plugin && $0.isOpen }.map(\.snapshot)
  }

  private let installing = Mutex(())

  /// Has the metadata store ask the validators that serve now, and no others.
  func installValidators() {
    installing.withLock { _ in
      seat.validators.install(responders.all(.validates).compactMap(PluginValidator.behind))
    }
  }

  /// The snapshots that validators read while they judge.
  let reviewSnapshots = ReviewSnapshots()
  /// The snapshots of the metadata store that plugins hold open.
  let snapshotPins = SnapshotPins()
  /// And those that operators read page by page.
  let operatorPins = OperatorPins()

  /// What the parts of the host count as lost.
  let losses = Losses()

  /// Counts a call that the manifest does not permit, and logs a plugin's first.
  func noteDenial(_ id: String, _ reason: String) {
    if losses.note(.denied, id) { log.log(.warning, id, reason) }
  }

  /// Everything that was lost so far, with what the bus and the log count themselves.
  var lost: [Losses.Key: UInt64] {
    var totals = losses.totals
    for (plugin, count) in bus.droppedByOwner {
      totals[Losses.Key(loss: .eventDropped, plugin: plugin)] = count
    }
    for (plugin, count) in bus.coalescedByOwner {
      totals[Losses.Key(loss: .eventCoalesced, plugin: plugin)] = count
    }
    totals[Losses.Key(loss: .routeLoop, plugin: "")] = bus.routeLoops
    totals[Losses.Key(loss: .eventDead, plugin: "")] = bus.deadLetters.total
    totals[Losses.Key(loss: .deadLetterDropped, plugin: "")] = bus.deadLetters.displaced
    totals[Losses.Key(loss: .logLineLost, plugin: "")] = UInt64(log.lostLines)
    return totals.filter { $0.value > 0 }
  }
}

/// How long calls across the ABI may wait.
struct BridgeLimits: Sendable {
  /// Nanoseconds that a call waits at the gate of a plugin that reloads.
  var gatePatience: UInt64 = 5_000_000_000
  /// Milliseconds that `unsubscribe` and its kin wait for a call in progress before they answer DVT_PENDING.
  var barrierMilliseconds = 5000
}
