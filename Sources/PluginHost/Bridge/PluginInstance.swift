import CBridge
import CDovetail
import CHostSupport
import EventBus
import Glibc
import HostSupport
import Synchronization

/// One generation of a plugin as the ABI sees it: what it may do, what it registered, and whether it is heard.
///
/// Freed only when the generation's image was unmapped, or never mapped: a thread of a retired generation may still call, and
/// is then answered with DVT_GONE.
/// Threading: any thread.
@safe final class PluginInstance: @unchecked Sendable {
  /// What the host does with calls of this generation.
  enum Mode: UInt32 {
    /// They are carried out: `BR_MODE_OPEN`.
    case open = 0
    /// Registrations and publishes collect until the reload commits; calls and writes are refused.
    case shadow = 1
    /// They wait until a reload commits or is given up.
    case suspended = 2
    /// They are answered with DVT_GONE.
    case gone = 3
    /// As `open`, but publishes join the held ones until those are out.
    case releasing = 4
    /// As `open`, but nothing new is registered: the generation is being ended, which would never come to an end.
    case leaving = 5
  }

  // Safe: pointers are written once in `init` and live as long as the object; everything mutable is inside `state` or atomic.
  let id: String
  let owner: Owner
  /// Under which its validators are called: they are at rest later than the rest of it, so that what it writes last is judged.
  let judging: Owner
  let number: UInt32
  let manifest: Manifest
  /// Of the build's file; `nil` for a builtin.
  let hash: SHA256Digest?
  let settings: JSON
  let core: HostCore
  /// The struct that the plugin knows its host by.
  var host: UnsafeMutablePointer<dvt_host> {
    unsafe UnsafeMutableRawPointer(block).assumingMemoryBound(to: dvt_host.self)
  }
  let source: EternalText
  /// Events that it published.
  var published: UInt64 { topics.published }
  /// Calls of the lifecycle run through it.
  let lifecycle: Callable
  /// Its figures are collected and its health is checked through it, on any thread, until it is cleaned up.
  let figures: Callable
  /// Of those who collect its figures.
  let figuresTurn = Turn()
  /// Jobs of the plugin's executor run through it.
  let jobs: Callable
  let patterns: PermissionPatterns
  /// What of `patterns` was asked already.
  let permittedCollections = PermittedCollections()
  private let block: UnsafeMutablePointer<br_host>
  let topics: TopicTable
  /// Services that it may call without being asked again.
  let knownServices = KnownServices()
  private let state = Mutex(State())

  @safe private struct State: @unchecked Sendable {
    var registrations: [UInt64: Registration] = [:]
    var held: [HeldEvent] = []
    var handlesAreVoid = false
    var ordinals: [String: Int] = [:]
    var outstandingJobs = 0
    var failures: UInt64 = 0
    var lastError: String?
  }

  init(
    manifest: Manifest, settings: JSON, generation: UInt32, number: UInt32, build: UInt32,
    hash: SHA256Digest? = nil, core: HostCore
  ) {
    id = manifest.id
    self.number = number
    self.manifest = manifest
    self.hash = hash
    self.settings = settings
    self.core = core
    owner = Owner(name: manifest.id, generation: generation, build: build)
    judging = Owner(name: manifest.id, generation: generation, build: build)
    source = EternalText(manifest.id)
    lifecycle = unsafe Callable(owner: owner, inPlugin: true)
    jobs = unsafe Callable(owner: owner, inPlugin: true, label: "a job of its executor")
    figures = unsafe Callable(owner: owner, inPlugin: true, label: "metrics")
    patterns = PermissionPatterns(manifest)
    core.seat.bound(manifest)
    topics = TopicTable()
    FastPaths.areSet
    unsafe block = .allocate(capacity: 1)
    let own = unsafe Unmanaged.passRetained(self).toOpaque()  // until `release`
    unsafe block.initialize(
      to: br_host(
        host: HostTable.make(), instance: own,
        path: br_path(
          owner: owner.record, chunks: topics.chunks, names: topics.cache,
          services: knownServices.names, source: source.value)))
    setMode(.open)
  }

  deinit {
    source.free()
    unsafe block.deallocate()
  }

  /// Lets go of what the plugin's pointer to its host keeps alive.
  ///
  /// Call it once, when no code that could hold the pointer is mapped.
  func release() {
    forgetRegistrations()  // timers and services refer back to it
    unsafe Unmanaged.passUnretained(self).release()
  }

  /// The instance behind the pointer that a plugin passes.
  @inline(__always)
  static func behind(_ host: UnsafePointer<dvt_host>?) -> PluginInstance? {
    guard let host = unsafe host else { return nil }
    let own = unsafe UnsafeRawPointer(host).assumingMemoryBound(to: br_host.self).pointee.instance
    guard let own = unsafe own else { return nil }
    return unsafe Unmanaged<PluginInstance>.fromOpaque(own).takeUnretainedValue()
  }

  // MARK: Mode

  /// As `.open`, for a generation whose publishes are counted first: `br_publish` leaves them to the host.
  private static let limited: UInt32 = 6

  /// What the host does with the generation's calls now.
  var mode: Mode {
    let raw = unsafe hs_owner_mode(owner.record)
    return raw == Self.limited ? .open : Mode(rawValue: raw) ?? .gone
  }

  /// Changes it; calls that wait go on. Set to `.open` again, it follows the present limit of publishes.
  func setMode(_ mode: Mode) {
    let raw = mode == .open && followsLimit() ? Self.limited : mode.rawValue
    unsafe hs_owner_set_mode(owner.record, raw)
  }

  private let publishLimiter = Mutex<RateLimiter?>(nil)

  /// Takes over the limit of the configuration; says whether there is one.
  private func followsLimit() -> Bool {
    let rate = core.publishLimits.withLock { $0.rate(of: id) }
    return publishLimiter.withLock { limiter in
      guard rate > 0 else {
        limiter = nil
        return false
      }
      guard limiter?.policy.calls != rate else { return true }
      var policy = RateLimiter.Policy()
      policy.calls = rate
      limiter = RateLimiter(policy)
      return true
    }
  }

  /// Counts a publish of a generation that has a limit.
  ///
  /// - Returns: The limit in events a second when it is used up; else `nil`.
  func exceedsLimit() -> Int? {
    guard unsafe hs_owner_mode(owner.record) == Self.limited,
      let limiter = publishLimiter.withLock({ $0 })
    else { return nil }
    return limiter.enter(patience: 0) == nil ? nil : limiter.policy.calls
  }

  /// Waits while the generation is suspended.
  ///
  /// - Returns: What it is then.
  func settledMode() -> Mode {
    while mode == .suspended {
      _ = unsafe hs_owner_wait_mode(owner.record, Mode.suspended.rawValue, 1_000_000_000)
    }
    return mode
  }

  // MARK: Topics

  /// Remembers an opened topic.
  ///
  /// - Returns: Its token, or `nil` when the generation has opened 4,096 already.
  func open(_ topic: Topic) -> UInt64? { topics.open(topic) }

  /// The topic that a token stands for.
  @inline(__always)
  func topic(_ token: UInt64) -> UnsafePointer<br_topic>? { unsafe topics[token] }

  /// Keeps a publish until the reload commits and what was held before it is out.
  ///
  /// - Returns: `false` when nothing is held back any more: publish it.
  func hold(_ event: HeldEvent) -> Bool {
    state.withLock { state in
      guard mode == .shadow || mode == .releasing else { return false }
      state.held.append(event)
      return true
    }
  }

  /// Ends the holding back of publishes when nothing is left to release.
  ///
  /// - Returns: Whether it ended; else take and publish what is held first.
  func endHolding() -> Bool {
    state.withLock { state in
      guard state.held.isEmpty else { return false }
      if mode == .releasing { setMode(.open) }
      return true
    }
  }

  /// Takes what was held, in order; the caller releases the copies.
  func takeHeld() -> [HeldEvent] {
    state.withLock { state in
      defer { state.held = [] }
      return state.held
    }
  }

  // MARK: Registrations

  /// Something a plugin registered, behind a handle.
  enum Registration {
    case subscription(Subscription)
    case service(Service)
    case timer(ScheduledTimer)
    case watch(PluginWatch)
    case interceptor(Interceptor)
    case eventType(EventType)
    case route(EventRoute)
    case responder(Responder)
    case request(RequestRound)
    case snapshot(PinnedSnapshot)
  }

  private static let tokens = Atomic<UInt64>(0)

  /// A number that no other handle has.
  static func makeToken() -> UInt64 { tokens.wrappingAdd(1, ordering: .relaxed).newValue }

  /// Remembers a registration.
  ///
  /// - Returns: The handle that the plugin gets.
  func register(_ registration: Registration) -> dvt_handle {
    let token = Self.makeToken()
    state.withLock { $0.registrations[token] = registration }
    return dvt_handle(plugin: number, generation: owner.generation, token: token)
  }

  /// Takes a registration out; `nil` when the handle is not this generation's, or was used up.
  func take(_ handle: dvt_handle) -> Registration? {
    guard handle.plugin == number, handle.generation == owner.generation else { return nil }
    return state.withLock { state in
      state.handlesAreVoid ? nil : state.registrations.removeValue(forKey: handle.token)
    }
  }

  /// What a handle names; `nil` as for `take`.
  func registration(_ handle: dvt_handle) -> Registration? {
    guard handle.plugin == number, handle.generation == owner.generation else { return nil }
    return state.withLock { $0.handlesAreVoid ? nil : $0.registrations[handle.token] }
  }

  /// Makes every handle name nothing; what they stood for is handed over, not ended.
  func voidHandles() { state.withLock { $0.handlesAreVoid = true } }

  /// Forgets everything that was registered.
  func forgetRegistrations() {
    state.withLock { $0.registrations = [:] }
  }

  /// The registrations there are.
  var registrations: [Registration] { state.withLock { Array($0.registrations.values) } }

  /// The watches among them.
  var watches: [PluginWatch] {
    registrations.compactMap { if case .watch(let watch) = $0 { watch } else { nil } }
  }

  /// The snapshots that it holds open.
  var snapshots: [PinnedSnapshot] {
    registrations.compactMap { if case .snapshot(let pinned) = $0 { pinned } else { nil } }
  }

  /// The validators among them.
  var validators: [Responder] {
    registrations.compactMap { registration in
      guard case .responder(let responder) = registration, responder.role == .validates else {
        return nil
      }
      return responder
    }
  }

  /// The requests that it began and that have not ended.
  var requests: [RequestRound] {
    registrations.compactMap { if case .request(let round) = $0 { round } else { nil } }
  }

  /// The name for a registration that was given none: `prefix#1`, `prefix#2`, … in order, so that the next build's match.
  func ordinalName(_ prefix: String) -> String {
    state.withLock { state in
      state.ordinals[prefix, default: 0] += 1
      return "\(prefix)#\(state.ordinals[prefix, default: 1])"
    }
  }

  /// How many registrations there are.
  var handles: Int { state.withLock { $0.registrations.count } }

  // MARK: Jobs

  static let mostJobs = 65_536

  /// Counts a job in; `false` when 65,536 wait already.
  func beginJob() -> Bool {
    state.withLock { state in
      guard state.outstandingJobs < Self.mostJobs else { return false }
      state.outstandingJobs += 1
      return true
    }
  }

  /// Counts a job out.
  func endJob() { state.withLock { $0.outstandingJobs -= 1 } }

  /// Jobs that were submitted and have not ended.
  var outstandingJobs: Int { state.withLock { $0.outstandingJobs } }

  // MARK: Faults

  /// Remembers a failed delivery or call.
  func noteFailure(_ message: String) {
    state.withLock { state in
      state.failures += 1
      state.lastError = message
    }
  }

  /// Sets what is contained when its code crashes; `nil` for what holds for the host.
  func setCrashPolicy(_ policy: HostConfiguration.CrashPolicy?) {
    for owner in [owner, judging] {
      unsafe hs_owner_set_contain(owner.record, policy.map { $0.contained + 1 } ?? 0)
    }
  }

  private let isContaining = Atomic(false)

  /// Whether the caller is to have the host act on a crash; `false` while it is about to: thousands may come meanwhile.
  func beginContaining() -> Bool { !isContaining.exchange(true, ordering: .relaxed) }

  /// The host acts now.
  func endContaining() { isContaining.store(false, ordering: .relaxed) }

  private let crashIsReported = Atomic(false)

  /// Whether the caller is to report a crash of this generation: one of them is reported, all are counted.
  func claimCrashReport() -> Bool {
    !crashIsReported.exchange(true, ordering: .relaxed)
  }

  /// Failed deliveries and calls of this generation.
  var failures: UInt64 { state.withLock { $0.failures } }
  /// What the last of them said.
  var lastError: String? { state.withLock { $0.lastError } }
}
