import CHostSupport
public import HostSupport
import Synchronization

/// Topics, subscriptions and delivery.
///
/// Publishing takes no lock: each topic has an immutable table of handlers that control operations replace as a whole.
/// Threading: every method may be called from any thread. No lock is held while a handler runs.
@safe public final class EventBus: @unchecked Sendable {
  // Safe: everything mutable is inside `state`; the hooks are written once, before the first topic.
  struct State {
    var topics: [String: Topic] = [:]
    /// Grows with each topic that is asked for by name.
    var uses: UInt64 = 0
    /// How many topics there must be before some are forgotten again.
    var full = 0
    var forgotten: UInt64 = 0
    var index = PatternIndex()
    var byOwner: [Owner: [Subscription]] = [:]
    var interceptors: [Interceptor] = []
    var routes: [EventRoute] = []
    var types: [EventType] = []
    var policy = SchemaPolicy.warn
    var policies: [String: SchemaPolicy] = [:]
    /// The types that events are held against, as the policies say.
    var checks: [(type: EventType, refuses: Bool)] = []
    var ordinal: UInt64 = 0
    var ending: [(callable: Callable, done: @Sendable () -> Void)] = []
    var group: UInt32 = 0
    var ticksToTiming = 0
  }

  let state = Mutex(State())
  /// How events are numbered, copied and freed.
  public let layout: EventLayout
  /// The host itself as a party.
  public let hostOwner = Owner(name: "dovetail", generation: 1)
  /// The threads that run async handlers, jobs and timers.
  public let workers: WorkerPool
  /// Topics that may be known before those that nobody opened are forgotten.
  let mostTopics: Int
  let hooks: UnsafeMutablePointer<hs_hooks>
  let counters = Mutex(Counters())
  /// Interceptors of requests or replies that serve: where there are none, nobody looks for them.
  let requestInterceptors = Atomic<Int>(0)
  /// Events that could not be delivered.
  public let deadLetters: DeadLetters
  let onFailure: @Sendable (DeliveryFailure) -> String
  let onDead: @Sendable (EventBus, DeadLetter, UnsafeMutableRawPointer) -> Void
  let onTimeout: @Sendable (HandlerTimeout) -> Void
  let onLag: @Sendable (QueueLag) -> Void
  let onViolation: @Sendable (SchemaViolation) -> Void
  let dog = Mutex<Watchdog?>(nil)
  let schedule = Mutex<RetrySchedule?>(nil)

  struct Counters {
    var failed: UInt64 = 0
    var dropped: [String: UInt64] = [:]
    var coalesced: [String: UInt64] = [:]
    var loops: UInt64 = 0
    var retried: UInt64 = 0
    var timedOut: UInt64 = 0
  }

  /// Starts a bus without topics.
  ///
  /// - Parameters:
  ///   - layout: What the bus must know of an event.
  ///   - threads: Threads that serve async handlers while none blocks, 1….
  ///   - mostTopics: Topics that may be known before those that nobody opened are forgotten, 1….
  ///   - deadLetters: How many events that could not be delivered are kept.
  ///   - onFailure: Told of every delivery that failed, on the thread of the handler, under no lock; says what went wrong.
  ///   - onDead: Told of every event that was given up, under no lock; the event is borrowed.
  ///   - onTimeout: Told of every call of a handler that runs past its time limit, while it does, under no lock.
  ///   - onLag: Told when three quarters of a queue's places are taken, on the publisher's thread, under no lock; once until
  ///     half of them are free again. It returns soon.
  ///   - onViolation: Told of every event that does not fit what was declared of its topic, on the publisher's thread, under no
  ///     lock.
  public init(
    layout: EventLayout, threads: Int, mostTopics: Int = 65_536,
    deadLetters: DeadLetters.Bounds = DeadLetters.Bounds(),
    onFailure: @escaping @Sendable (DeliveryFailure) -> String = { "code \($0.result.code)" },
    onDead: @escaping @Sendable (EventBus, DeadLetter, UnsafeMutableRawPointer) -> Void = {
      _, _, _ in
    },
    onTimeout: @escaping @Sendable (HandlerTimeout) -> Void = { _ in },
    onLag: @escaping @Sendable (QueueLag) -> Void = { _ in },
    onViolation: @escaping @Sendable (SchemaViolation) -> Void = { _ in }
  ) {
    self.layout = layout
    self.mostTopics = mostTopics
    self.deadLetters = DeadLetters(layout: layout, bounds: deadLetters)
    self.onFailure = onFailure
    unsafe self.onDead = onDead
    self.onTimeout = onTimeout
    self.onLag = onLag
    self.onViolation = onViolation
    workers = WorkerPool(threads: threads)
    unsafe hooks = .allocate(capacity: 1)
    unsafe hooks.initialize(
      to: hs_hooks(
        stamp: layout.stamp, release: layout.release,
        failed: { entry, event, code, fault in
          guard let user = unsafe hs_entry_user(entry) else { return }
          let subscription = unsafe Unmanaged<Subscription>.fromOpaque(user).takeUnretainedValue()
          subscription.bus.noteFailure(
            unsafe DeliveryFailure(
              subscription: subscription, event: event, topic: hs_publish_topic(), attempt: 1,
              result: CallResult(code: code, fault: fault)))
        }, sequence_at: UInt64(layout.sequenceAt)))
  }

  deinit {
    // While it serves, a subscription and its callables hold each other.
    let all = state.withLock { state in
      let all = state.byOwner.values.flatMap { $0 }
      for subscription in all {
        subscription.direct = nil
        subscription.entrance = nil
        subscription.queue = nil
      }
      return all
    }
    withExtendedLifetime(all) { Reclaimer.shared.collect() }
  }

  // MARK: Subscriptions

  /// Subscribes a handler.
  ///
  /// - Parameters:
  ///   - owner: Whose handler it is.
  ///   - options: What it wants and how.
  ///   - shadow: Whether it takes effect only when its generation commits.
  ///   - handler: Receives the events.
  /// - Returns: The registration.
  /// - Throws: `BusError.nameTaken`.
  public func subscribe(
    _ owner: Owner, _ options: SubscriptionOptions, shadow: Bool = false, handler: Handler
  ) throws(BusError) -> Subscription {
    defer { Reclaimer.shared.collect() }
    return try state.withLock { state throws(BusError) in
      let own = state.byOwner[owner] ?? []
      let name = try Self.freeName(options.name, for: options.pattern, among: own.map(\.name))
      state.ordinal += 1
      let subscription = Subscription(
        owner: owner, name: name, options: options, handler: handler,
        figures: Self.figures(of: name, in: owner, state), bus: self, ordinal: state.ordinal,
        standing: .shadow)
      state.byOwner[owner] = own + [subscription]
      guard !shadow else { return subscription }
      subscription.arm(adopting: nil, recorder: nil, gated: owner.group != 0)
      state.index.insert(subscription)
      rebuildTopics(of: [subscription], in: state)
      return subscription
    }
  }

  /// Ends a subscription. After `.ended` no call of its handler happens or is happening.
  ///
  /// - Parameters:
  ///   - subscription: What to end.
  ///   - deadline: How long to wait for a call in progress.
  ///   - done: Called once after `.pending`, when the last call has returned.
  /// - Returns: `.pending` from inside its handler, in a cycle of waits, or past the deadline.
  /// - Throws: `BusError.gone` when it had ended.
  public func unsubscribe(
    _ subscription: Subscription, until deadline: Deadline,
    done: (@Sendable () -> Void)? = nil
  ) throws(BusError) -> Callable.Ending {
    defer { Reclaimer.shared.collect() }
    let (direct, items) = try state.withLock { state throws(BusError) in
      guard subscription.standing != .ended else { throw .gone }
      state.byOwner[subscription.owner]?.removeAll { $0 === subscription }
      return retire([subscription], in: &state)[0]
    }
    subscription.figures.dropped.note(UInt64(items.count))
    discard(items, of: subscription.owner)
    guard let direct else { return .ended }
    let ending = direct.awaitEnd(until: deadline)
    if ending == .pending { whenEnded(direct, done ?? {}) }
    return ending
  }

  /// Ends all of an owner's subscriptions; see `unsubscribe`.
  ///
  /// - Returns: Callables that still run when the deadline has passed.
  func revokeSubscriptions(of owner: Owner, until deadline: Deadline) -> [Callable] {
    let (all, retired) = state.withLock { state in
      let all = state.byOwner.removeValue(forKey: owner) ?? []
      return (all, retire(all, in: &state))
    }
    defer { withExtendedLifetime(all) { Reclaimer.shared.collect() } }
    for (subscription, (_, items)) in zip(all, retired) {
      subscription.figures.dropped.note(UInt64(items.count))
      discard(items, of: owner)
    }
    return retired.compactMap { direct, _ in
      guard let direct else { return nil }
      return direct.awaitEnd(until: deadline) == .ended ? nil : direct
    }
  }

  /// All subscriptions that serve, in the order of their registration.
  public var subscriptions: [Subscription] {
    state.withLock { state in
      state.byOwner.values.flatMap { $0 }.filter { $0.standing == .active }
    }.sorted { $0.ordinal < $1.ordinal }
  }

  /// All subscriptions, also those that wait for their generation's commit or for a way back, in the order of registration.
  public var everySubscription: [Subscription] {
    state.withLock { state in state.byOwner.values.flatMap { $0 } }
      .sorted { $0.ordinal < $1.ordinal }
  }

  /// Events that wait in queues, by topic. It looks at each of them.
  public var waiting: [String: Int] {
    let queues = state.withLock { state in
      state.byOwner.values.flatMap { $0.compactMap(\.queue) }
    }
    return queues.reduce(into: [:]) { $0.merge($1.waiting) { $0 + $1 } }
  }

  // MARK: What happens beside the fast path

  /// Deliveries that failed, by error or crash.
  public var failed: UInt64 { counters.withLock { $0.failed } }

  /// Events that a full queue or an ended subscription dropped.
  public var dropped: UInt64 { droppedByOwner.values.reduce(0, +) }

  /// The same by the name of whose subscription it was.
  public var droppedByOwner: [String: UInt64] { counters.withLock { $0.dropped } }

  /// Blocks of memory that wait for publishers to move on.
  public var pendingReclaims: Int { Reclaimer.shared.pending }

  /// Looks after what nobody waits for: memory, callables that were pending, blocked workers. Call it every 10…100 ms.
  public func tick() {
    Reclaimer.shared.collect()
    workers.relieve()
    completePending()
    timeCalls()
  }

  /// Lets the next call of every handler be timed: every tick while there are few, else less often, so that a tick stays short.
  private func timeCalls() {
    state.withLock { state in
      state.ticksToTiming -= 1
      guard state.ticksToTiming <= 0 else { return }
      var count = 0
      for all in state.byOwner.values {
        count += all.count
        for subscription in all { subscription.direct?.timeNext() }
      }
      state.ticksToTiming = 1 + count / 1000
    }
  }

  /// Tells of the pending ends that have come. There may be many: they are looked at in one pass, under no lock.
  public func completePending() {
    let pending = state.withLock { state in
      defer { state.ending = [] }
      return state.ending
    }
    guard !pending.isEmpty else { return }
    let running = Callable.running(of: pending.map(\.callable))
    state.withLock { state in
      for (item, isRunning) in zip(pending, running) where isRunning { state.ending.append(item) }
    }
    for (item, isRunning) in zip(pending, running) where !isRunning { item.done() }
  }

  /// Calls `done` once no call of a dead callable runs any more.
  public func whenEnded(_ callable: Callable, _ done: @escaping @Sendable () -> Void) {
    state.withLock { $0.ending.append((callable, done)) }
  }

  /// Ends the bus's threads.
  public func stop() {
    for retry in schedule.withLock({ $0?.stop() }) ?? [] {
      unsafe noteDropped(retry.item.topic, of: retry.plugin)
      unsafe layout.release(retry.item.event)
    }
    dog.withLock { $0?.stop() }
    workers.stop()
  }

  /// Events that a route did not take, because they had come too far already.
  public var routeLoops: UInt64 { counters.withLock { $0.loops } }

  func noteLoop() { counters.withLock { $0.loops += 1 } }

  /// Counts an event that was dropped, for its topic and for the plugin that did not get it.
  func noteDropped(_ topic: UnsafePointer<hs_topic>?, of plugin: String) {
    unsafe Topic.of(topic)?.figures.dropped.note()
    counters.withLock { $0.dropped[plugin, default: 0] += 1 }
  }

  /// Events that gave way in a queue to newer ones of their keys, by the name of whose subscription it was.
  public var coalescedByOwner: [String: UInt64] { counters.withLock { $0.coalesced } }

  func noteCoalesced(_ count: Int, of plugin: String) {
    counters.withLock { $0.coalesced[plugin, default: 0] += UInt64(count) }
  }

  func discard(_ items: [DeliveryQueue.Item], of owner: Owner) {
    for item in items {
      unsafe noteDropped(item.topic, of: owner.name)
      unsafe layout.release(item.event)
    }
  }
}
