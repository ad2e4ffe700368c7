import CHostSupport
import HostSupport
import Synchronization

/// The bounded queue of an async subscription. It outlives generations: a reload gives it another handler.
///
/// Events are served in order, by one worker at a time. Threading: any thread.
@safe final class DeliveryQueue: @unchecked Sendable {
  // Safe: everything mutable is inside `state`.
  private struct State {
    var events = RingBuffer<Item>()
    var handler: Callable?
    var owner = ""
    var capacity = 1024
    var overflow = SubscriptionOptions.Overflow.block(milliseconds: 1000)
    var scheduled = false
    var serving = false
    var paused = false
    var holding = false
    var ended = false
    var highWater = 0
    /// Set while it was told that the queue lags, until half of its places are free again.
    var lags = false
    var waiters = 0

    var isServable: Bool { !scheduled && !paused && !holding && handler != nil }
  }

  /// A counted copy of an event, and its topic.
  @safe struct Item: @unchecked Sendable {
    // Safe: the copy is immutable and counted; this item holds one reference.
    let event: UnsafeMutableRawPointer
    let topic: UnsafePointer<hs_topic>?
    /// The topic, where the bus may forget it meanwhile.
    private let kept: Topic?
    /// 1 for the first delivery, then one more each retry.
    var attempt: Int
    /// When it was made, on the coarse monotonic clock.
    var since = Deadline.coarseNow()

    init(event: UnsafeMutableRawPointer, topic: UnsafePointer<hs_topic>?, attempt: Int = 1) {
      unsafe self.event = unsafe event
      unsafe self.topic = unsafe topic
      self.attempt = attempt
      let known = unsafe Topic.of(topic)
      kept = known?.lasts.load(ordering: .relaxed) == false ? known : nil
    }

    var topicName: String { unsafe topic.map { unsafe String(cString: $0.pointee.name) } ?? "" }

    /// The same event as if it had never been tried.
    var anew: Item { unsafe Item(event: event, topic: topic) }
  }

  private let state = Monitor(State())
  private unowned let bus: EventBus
  private let layout: EventLayout
  private let figures: SubscriptionFigures

  init(bus: EventBus, figures: SubscriptionFigures) {
    self.bus = bus
    self.figures = figures
    layout = bus.layout  // of its own: memory that waits for an epoch may outlive the bus
  }

  deinit {
    while let item = state.withLock({ $0.events.popFirst() }) {
      unsafe layout.release(item.event)
    }
  }

  var count: Int { state.withLock { $0.events.count } }
  var status: QueueStatus {
    let now = Deadline.coarseNow()
    return state.withLock { state in
      let since = state.events.first?.since ?? now
      return QueueStatus(
        count: state.events.count, highWater: state.highWater, oldestAge: now - min(now, since))
    }
  }

  /// Events that wait, by topic.
  var waiting: [String: Int] {
    let items = state.withLock { state in state.events.map { $0 } }
    return items.reduce(into: [:]) { counts, item in
      guard let name = unsafe Topic.of(item.topic)?.name else { return }
      counts[name, default: 0] += 1
    }
  }

  /// Names who receives the events from now on; when `paused`, they wait for `resume`.
  func serve(
    with handler: Callable, capacity: Int, overflow: SubscriptionOptions.Overflow, paused: Bool
  ) {
    state.update { state in
      state.handler = handler
      state.owner = handler.owner.name
      state.capacity = capacity
      state.overflow = overflow
      state.paused = paused
    }
    schedule()
  }

  /// Serves again.
  func resume() {
    state.update { $0.paused = false }
    schedule()
  }

  /// Ends a queue that nobody publishes to through the tables any more, with every event that was accepted.
  ///
  /// - Parameters:
  ///   - entrance: Its callable, which has moved on: publishers that are inside it still get in.
  ///   - deadline: How long to wait for those, and for the event that a worker holds in its hand.
  /// - Returns: The events in order; the caller releases them.
  func end(entrance: Callable?, until deadline: Deadline) -> [Item] {
    state.update { $0.capacity = .max }
    _ = entrance?.awaitEnd(until: deadline)
    _ = state.wait(until: deadline) { $0.serving ? nil : true }
    return end()
  }

  /// Drops what is queued and takes nothing more.
  ///
  /// - Returns: The events that were queued; the caller releases them.
  func end() -> [Item] {
    state.update { state in
      state.ended = true
      state.handler = nil
      var left: [Item] = []
      while let item = state.events.popFirst() { left.append(item) }
      return left
    }
  }

  /// Queues the event that is being published on this thread. One copy serves all queues of a publish.
  func accept(_ event: UnsafeMutableRawPointer?) {
    if unsafe hs_publish_shared() == nil { unsafe hs_publish_set_shared(layout.copy(event)) }
    guard let shared = unsafe hs_publish_shared() else {
      hs_publish_set_outcome(CallFailure.queueFull.rawValue)
      return
    }
    unsafe layout.retain(shared)
    if !push(unsafe Item(event: shared, topic: hs_publish_topic())) {
      hs_publish_set_outcome(CallFailure.queueFull.rawValue)
    }
  }

  /// Puts an item at the tail, as the overflow policy says.
  ///
  /// - Returns: `false` when the publisher is to be told that it was dropped.
  func push(_ item: Item) -> Bool {
    let verdict = state.withLock { state in Self.admit(item, into: &state) }
    switch verdict {
    case .queued(let schedule, let displaced, let lag):
      if let lag { tell(lag, item) }
      if schedule { bus.workers.submit(.queue(self)) }
      if let displaced { discard(displaced) }
      return true
    case .dropped(let tell):
      discard(item)
      return !tell
    case .wait(let milliseconds):
      return pushWaiting(item, milliseconds: milliseconds)
    }
  }

  /// Puts an event that is tried again at the head, full or not: it had its place before.
  func pushFirst(_ item: Item) {
    let schedule = state.update { state -> Bool? in
      guard !state.ended else { return nil }
      state.events.prepend(item)
      guard state.isServable else { return false }
      state.scheduled = true
      return true
    }
    guard let schedule else { return discard(item) }
    if schedule { bus.workers.submit(.queue(self)) }
  }

  private struct Lag {
    let handler: Callable?
    let queued: Int
    let capacity: Int
  }

  private enum Verdict {
    case queued(schedule: Bool, displaced: Item?, lag: Lag?)
    case dropped(tell: Bool)
    case wait(milliseconds: Int)
  }

  private static func admit(_ item: Item, into state: inout State) -> Verdict {
    if state.ended { return .dropped(tell: false) }
    var displaced: Item?
    if state.events.count >= state.capacity {
      switch state.overflow {
      case .block(let milliseconds): return .wait(milliseconds: milliseconds)
      case .dropNewest: return .dropped(tell: false)
      case .fail: return .dropped(tell: true)
      case .dropOldest: displaced = state.events.popFirst()
      }
    }
    state.events.append(item)
    state.highWater = max(state.highWater, state.events.count)
    let schedule = state.isServable
    if schedule { state.scheduled = true }
    return .queued(schedule: schedule, displaced: displaced, lag: lag(in: &state))
  }

  /// The lag that begins with what was just queued, before anything is lost; once until half of the places are free again.
  private static func lag(in state: inout State) -> Lag? {
    let count = state.events.count
    guard !state.lags, count >= state.capacity - state.capacity / 4 else { return nil }
    state.lags = true
    return Lag(handler: state.handler, queued: count, capacity: state.capacity)
  }

  private func tell(_ lag: Lag, _ item: Item) {
    guard let subscription = lag.handler?.subscription else { return }
    bus.onLag(
      QueueLag(
        subscription: subscription, topic: item.topicName, queued: lag.queued,
        capacity: lag.capacity))
  }

  /// Waits for room. A handler that publishes into its own full queue would wait for itself, as would two that fill each
  /// other's: they are refused at once.
  private func pushWaiting(_ item: Item, milliseconds: Int) -> Bool {
    let ownHandler = state.withLock { $0.handler }
    unsafe hs_wait_mark(ownHandler?.entry)
    defer { hs_wait_mark(nil) }
    if let ownHandler, unsafe hs_wait_would_deadlock(ownHandler.entry) != 0 {
      discard(item)
      return false
    }
    state.withLock { $0.waiters += 1 }
    defer { state.withLock { $0.waiters -= 1 } }
    let verdict = state.wait(until: .after(milliseconds: milliseconds)) { state -> Verdict? in
      guard state.ended || state.events.count < state.capacity else { return nil }
      return Self.admit(item, into: &state)
    }
    if case .queued(let schedule, _, let lag) = verdict {
      if let lag { tell(lag, item) }
      if schedule { bus.workers.submit(.queue(self)) }
      return true
    }
    discard(item)
    return false
  }

  private func discard(_ item: Item) {
    figures.dropped.note()
    let owner = state.withLock { $0.owner }
    unsafe bus.noteDropped(item.topic, of: owner)
    unsafe layout.release(item.event)
  }

  private func schedule() {
    let needed = state.withLock { state in
      guard state.isServable, !state.events.isEmpty else {
        return false
      }
      state.scheduled = true
      return true
    }
    if needed { bus.workers.submit(.queue(self)) }
  }

  /// Serves a batch on a worker's thread.
  ///
  /// - Parameter limit: Most events to serve before others get their turn.
  /// - Returns: Whether a call crashed: the thread's plugin frames are gone and it must not be used again.
  func run(limit: Int) -> Bool {
    for _ in 0..<limit {
      hs_pin_self()
      defer { hs_unpin_self() }
      guard let (item, handler) = next() else { return false }
      let subscription = handler.subscription
      if let subscription, subscription.options.timeout != nil { _ = subscription.trial.admit() }
      let outcome = unsafe bus.call(
        handler, of: subscription, item.event, topic: item.topic, patience: 0)
      switch outcome.result.failure {
      case .gateClosed, .revoked:
        putBack(item, after: handler)
        return false
      default:
        if outcome.result.code != 0 || outcome.timedOut {
          if let retry = bus.noteFailure(subscription, item, outcome, inPlace: true) {
            unsafe layout.release(item.event)
            hold(retry)
            return false
          }
        }
        unsafe layout.release(item.event)
        if outcome.result.failure == .crashed {
          yield()
          return true
        }
      }
    }
    yield()
    return false
  }

  private func next() -> (Item, Callable)? {
    var someoneWaits = false
    let found = state.withLock { state -> (Item, Callable)? in
      guard !state.paused, !state.holding, let handler = state.handler,
        let item = state.events.popFirst()
      else {
        state.scheduled = false
        state.serving = false
        return nil
      }
      state.serving = true
      if state.lags, state.events.count <= state.capacity / 2 { state.lags = false }
      someoneWaits = state.waiters > 0
      return (item, handler)
    }
    if someoneWaits { state.update { _ in } }
    return found
  }

  /// Its gate is closed, or its handler was replaced: the event keeps its place until somebody serves again.
  private func putBack(_ item: Item, after handler: Callable) {
    let kept = state.update { state in
      state.scheduled = false
      state.serving = false
      guard !state.ended else { return false }
      state.events.prepend(item)
      if state.handler === handler && !handler.isLive { state.paused = true }
      return true
    }
    if kept { schedule() } else { discard(item) }
  }

  /// The event that failed keeps its place, and all later ones wait with it until it is tried again.
  private func hold(_ retry: PendingRetry) {
    state.update { state in
      state.scheduled = false
      state.serving = false
      state.holding = true
    }
    pushFirst(retry.item)
    bus.retries.resume(self, at: retry.due)
  }

  /// Serves again after `hold`.
  func letGo() {
    state.update { $0.holding = false }
    schedule()
  }

  private func yield() {
    state.update { state in
      state.scheduled = false
      state.serving = false
    }
    schedule()
  }
}
