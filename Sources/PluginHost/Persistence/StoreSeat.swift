import EventBus
import HostSupport
import MetadataStore
import Synchronization

/// Where a host's metadata store sits from the moment on at which its provider is there.
///
/// With a provider of the kernel's that is before any plugin runs; with one of a plugin's it is after `pre_init` of all. A store
/// that was seated stays: when its provider is gone it answers reads, and refuses writes.
/// Threading: any thread.
final class StoreSeat: Sendable {
  /// Saves a store in memory elsewhere.
  struct Snapshots: Sendable {
    let saver: SnapshotSaver
    /// Where to.
    let target: any PersistenceProvider
  }

  private struct State {
    var snapshots: Snapshots?
    /// The provider whose plugin has ended, so that no snapshots are taken.
    var lost: String?
    var reason = "the metadata store is not open yet"
    var problem: String?
    var provider: SwitchableProvider?
    var isClosed = false
    var onSeated: (@Sendable (MetadataStore) -> Void)?
    var closing: MetadataError?
    var quotas: [String: NamespaceQuota] = [:]
  }

  /// Who is asked before a write counts, also of a store that is yet to come.
  let validators: ValidatorRegistry

  /// An empty seat.
  ///
  /// - Parameter onIncident: Told what validators do; see `ValidatorRegistry.init`.
  init(onIncident: @escaping @Sendable (ValidatorIncident) -> Void = { _ in }) {
    validators = ValidatorRegistry(onIncident: onIncident)
  }

  private let seated = AtomicLazyReference<MetadataStore>()
  /// Of what is seated: to read it takes an instruction, where the reference takes hundreds.
  private let address = Atomic<UInt>(0)
  private let state = Mutex(State())

  /// The store.
  ///
  /// - Throws: `.unavailable` while there is none, saying why and what to do.
  var store: MetadataStore {
    get throws(MetadataError) {
      if let address = unsafe UnsafeRawPointer(bitPattern: address.load(ordering: .acquiring)) {
        // Safe: `seated` holds it for good.
        return unsafe Unmanaged<MetadataStore>.fromOpaque(address).takeUnretainedValue()
      }
      throw .unavailable(state.withLock { $0.reason })
    }
  }

  /// Says why there is no store yet.
  func wait(because reason: String) { state.withLock { $0.reason = reason } }

  /// Gives up: there will be no store in this run of the host.
  func fail(_ reason: String) {
    state.withLock { state in
      state.reason = reason
      state.problem = reason
    }
  }

  /// Seats the store, once.
  ///
  /// - Parameters:
  ///   - store: Open.
  ///   - provider: Its provider.
  ///   - snapshots: What saves it elsewhere, when it is in memory.
  ///   - problem: What an operator should know of it.
  func seat(
    _ store: MetadataStore, on provider: SwitchableProvider, saving snapshots: Snapshots? = nil,
    problem: String? = nil
  ) {
    state.withLock { state in
      state.provider = provider
      state.snapshots = snapshots
      state.problem = problem
    }
    let own = seated.storeIfNil(store)
    unsafe address.store(
      UInt(bitPattern: Unmanaged.passUnretained(own).toOpaque()), ordering: .releasing)
    for (namespace, quota) in state.withLock({ $0.quotas }) { store.setQuota(quota, of: namespace) }
    state.withLock { $0.onSeated.take() }?(store)
  }

  /// Names what is called with the store, once, as soon as it is there.
  func onSeated(_ body: @escaping @Sendable (MetadataStore) -> Void) {
    if let store = seated.load() { return body(store) }
    state.withLock { $0.onSeated = body }
  }

  /// Bounds what a plugin's own collections may hold, from now on or from when the store is there.
  func bound(_ manifest: Manifest) {
    let quota = manifest.quota.map { quota in
      NamespaceQuota(
        namespace: manifest.id, records: quota.records.map(Int.init(clamping:)),
        bytes: quota.bytes.map(Int.init(clamping:)),
        source: "\"quota\" in the manifest of \(manifest.id)")
    }
    state.withLock { $0.quotas[manifest.id] = quota }
    seated.load()?.setQuota(quota, of: manifest.id)
  }

  /// What is wrong with it; `nil` when nothing is.
  var problem: String? {
    state.withLock { $0.problem }
      ?? snapshotProblem.map { "the metadata store in memory is not saved: \($0)" }
  }

  /// Why a store in memory is not saved; `nil` when it is, or is not meant to be.
  var snapshotProblem: String? {
    let (snapshots, lost) = state.withLock { ($0.snapshots, $0.lost) }
    if let lost {
      return
        "the plugin of the provider '\(lost)', which takes its snapshots, has ended; it goes on in "
        + "memory, and is saved again once the plugin is back"
    }
    return snapshots?.saver.stats.failure
  }

  /// The provider of which the store waits for a plugin, to go on with snapshots.
  var lostKeeper: String? { state.withLock { $0.lost } }

  /// Goes on with snapshots.
  func resume(_ snapshots: Snapshots) {
    state.withLock { state in
      state.snapshots = snapshots
      state.lost = nil
      state.closing = nil
    }
  }

  /// The provider that the store is on.
  var provider: SwitchableProvider? { state.withLock { $0.provider } }

  /// What keeps the records on a disk: of a store in memory, what takes its snapshots; `nil` before and after,
  /// and while the plugin of that is away.
  var keeper: (any PersistenceProvider)? {
    state.withLock { state in
      state.isClosed || state.lost != nil ? nil : state.snapshots?.target ?? state.provider
    }
  }

  /// Id of the plugin that carries the store, as long as it is open.
  var carrier: String? { owner?.name }

  private var owner: Owner? {
    let (provider, target) = state.withLock { state in
      state.isClosed ? (nil, nil) : (state.provider, state.snapshots?.target)
    }
    return ((target ?? provider?.present) as? PatientProvider)?.provider.offer.owner
  }

  /// Says what an operator should know of it; `nil` for nothing.
  func note(_ problem: String?) { state.withLock { $0.problem = problem } }

  /// Closes the store because the plugin that carries it is about to be cleaned up; one in memory goes on without snapshots. Does
  /// nothing for any other plugin.
  ///
  /// - Returns: Why something that was acknowledged as `memory` could not be written.
  func leave(_ instance: PluginInstance) -> String? {
    guard owner == instance.owner else { return nil }
    if let snapshots = state.withLock({ $0.snapshots }) { return leave(snapshots) }
    defer {
      state.withLock { state in
        state.problem =
          "the metadata store is closed, because \(instance.owner), which carried it, has ended; restart the host"
      }
    }
    return close().map {
      "it carries the metadata store, of which the last changes could not be written: \($0)"
    }
  }

  private func leave(_ snapshots: Snapshots) -> String? {
    var failure: MetadataError?
    do throws(MetadataError) { try snapshots.target.hurrying(snapshots.saver.close) } catch {
      failure = error
    }
    state.withLock { state in
      state.snapshots = nil
      state.lost = snapshots.target.name
      state.closing = failure
    }
    return failure.map {
      "it takes the snapshots of the metadata store, of which the last could not be taken: \($0); the "
        + "store goes on in memory"
    }
  }

  /// Closes the store.
  ///
  /// - Returns: Why something that was acknowledged as `memory` could not be written; the same again after the first time.
  @discardableResult
  func close() -> MetadataError? {
    let isFirst = state.withLock { state in
      defer { state.isClosed = true }
      return !state.isClosed
    }
    guard isFirst, let store = seated.load() else { return state.withLock { $0.closing } }
    do throws(MetadataError) {
      try store.close()
      try state.withLock { $0.snapshots }?.saver.close()
    } catch {
      state.withLock { $0.closing = error }
    }
    return state.withLock { $0.closing }
  }
}
