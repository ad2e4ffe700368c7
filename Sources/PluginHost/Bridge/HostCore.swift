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
  let timers: Scheduler
  let metadata: MetadataStore
  let log: LogWriter
  let limits: BridgeLimits
  /// Told of a contained crash of plugin code, on the thread where it happened.
  let onCrash: @Sendable (PluginInstance, _ signal: Int32, _ place: String) -> Void

  init(
    bus: EventBus, metadata: MetadataStore, log: LogWriter, limits: BridgeLimits,
    onCrash: @escaping @Sendable (PluginInstance, Int32, String) -> Void
  ) {
    self.bus = bus
    timers = Scheduler(workers: bus.workers)
    self.metadata = metadata
    self.log = log
    self.limits = limits
    self.onCrash = onCrash
  }

  /// What waits at a plugin's gate beside its subscriptions: services, timers, watches, the collecting of its figures.
  func gatedCallables(of instance: PluginInstance) -> [Callable] {
    services.callables(of: instance.owner) + timers.callables(of: instance.owner)
      + instance.watches.compactMap(\.callable) + [instance.figures]
  }

  private let denials = Mutex<[String: UInt64]>([:])

  /// Counts a refused call and logs the first of its kind.
  func noteDenial(_ instance: PluginInstance, _ reason: String) { noteDenial(instance.id, reason) }

  /// Counts a refused call of a plugin, given by its id.
  func noteDenial(_ id: String, _ reason: String) {
    let isFirst = denials.withLock { denials in
      denials[id, default: 0] += 1
      return denials[id] == 1
    }
    if isFirst { log.log(.warning, id, reason) }
  }

  private let expired = Atomic<UInt64>(0)

  /// Counts a publish or call that gave up at a closed gate, or an answer that came too late.
  func noteTimeout() { expired.wrappingAdd(1, ordering: .relaxed) }

  /// Publishes and calls that ran out of time.
  var timeouts: UInt64 { expired.load(ordering: .relaxed) }

  /// Calls refused for lack of permission, by plugin.
  var denied: [String: UInt64] { denials.withLock { $0 } }
}

/// How long calls across the ABI may wait.
struct BridgeLimits: Sendable {
  /// Nanoseconds that a call waits at the gate of a plugin that reloads.
  var gatePatience: UInt64 = 5_000_000_000
  /// Milliseconds that `unsubscribe` and its kin wait for a call in progress before they answer DVT_PENDING.
  var barrierMilliseconds = 5000
}
