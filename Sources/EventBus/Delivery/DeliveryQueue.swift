import CHostSupport
import HostSupport
import Synchronization

/// The bounded queue of an async subscription. It outlives generations: a reload gives it another handler.
///
/// Plain events are served in order, by one worker at a time, which takes all that wait into its hand: what it has not come to
/// yet still waits in every respect. Events that are told apart by keys wait in a line of their own kind, of which each worker
/// takes one at a time. Threading: any thread.
@safe final class DeliveryQueue: @unchecked Sendable {
  // Safe: everything mutable is inside `state`, `hand` and atomics.
  struct State {
    /// What came after the hand was filled.
    var events = ItemBuffer()
    /// In place of `events` and the hand where events have keys.
    var keyed: KeyedLine?
    /// Whether there is one.
    var isKeyed = false
    /// What the keys of `keyed` are.
    var key: EventField?
    /// Which line it is: numbers of lanes mean nothing in another.
    var line = 0
    var handler: Callable?
    var owner = ""
    var capacity = 1024
    var overflow = SubscriptionOptions.Overflow.block(milliseconds: 1000)
    /// Most workers at once.
    var lanes = 1
    /// Workers that serve, or are on their way.
    var workers = 0
    /// Workers that have an event.
    var serving = 0
    var paused = false
    var holding = false
    var ended = false
    var highWater = 0
    /// Set while it was told that the queue lags, until half of its places are free again.
    var lags = false
    /// No fewer than are in the hand.
    var handAtMost = 0

    var isServable: Bool { !paused && !holding && handler != nil }
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
      kept = unsafe Topic.toKeep(with: topic)
    }

    var topicName: String { unsafe topic.map { unsafe String(cString: $0.pointee.name) } ?? "" }

    /// The same event as if it had never been tried.
    var anew: Item { unsafe Item(event: event, topic: topic) }
  }

  let state = QuickMonitor(State())
  let hand = Hand()
  unowned let bus: EventBus
  let layout: EventLayout
  private let figures: SubscriptionFigures
  /// Whether publishers are to look for keys; where it is not up to date, the key is found under the lock.
  private let isKeyed = Atomic<Bool>(false)

  init(bus: EventBus, figures: SubscriptionFigures) {
    self.bus = bus
    self.figures = figures
    layout = bus.layout  // of its own: memory that waits for an epoch may outlive the bus
  }

  deinit {
    for item in end() { unsafe layout.release(item.event) }
    state.update { $0.events.free() }
  }

  // MARK: What waits

  var count: Int { state.withLock { state in count(in: &state) } }

  var status: QueueStatus {
    let now = Deadline.coarseNow()
    return state.withLock { state in
      let since = state.isKeyed ? state.keyed?.first?.since : hand.since ?? state.events.since
      return QueueStatus(
        count: count(in: &state), highWater: state.highWater,
        oldestAge: now - min(now, since ?? now))
    }
  }

  /// Events that wait, by topic.
  var waiting: [String: Int] {
    let items = state.withLock { state in everything(in: &state) }
    return items.reduce(into: [:]) { counts, item in
      guard let name = unsafe Topic.of(item.topic)?.name else { return }
      counts[name, default: 0] += 1
    }
  }

  /// How many wait, and how many bytes they hold: by what some of them hold, spread over the queue.
  var size: (events: Int, bytes: Int) {
    state.withLock { state in
      // What a worker has in its hand waits too, and may be all there is.
      if !state.isKeyed, state.events.isEmpty { hand.empty(into: &state.events) }
      let count = count(in: &state)
      let items = state.isKeyed ? state.keyed?.items ?? [] : []
      let known = state.isKeyed ? items.count : state.events.count
      guard known > 0 else { return (count, 0) }
      let stride = max(1, known / Self.mostSized)
      var (sum, looked) = (0, 0)
      for place in Swift.stride(from: 0, to: known, by: stride) {
        let item = unsafe state.isKeyed ? items[place] : state.events.place(place).pointee
        sum += unsafe layout.size(item.event)
        looked += 1
      }
      return (count, sum / looked * count)
    }
  }

  private static let mostSized = 64

  private func everything(in state: inout State) -> [Item] {
    if let keyed = state.keyed { return keyed.items }
    hand.empty(into: &state.events)
    return (0..<state.events.count).map { unsafe state.events.place($0).pointee }
  }

  private func takeAll(in state: inout State) -> [Item] {
    let items = state.keyed?.items ?? []
    while state.keyed?.popFirst() != nil {}
    hand.empty(into: &state.events)
    return items + state.events.popAll()
  }

  /// How many wait; where they are fewer than `limit` anyway, perhaps one of those that are no more. To look into the hand takes
  /// time from the worker.
  private func count(in state: inout State, upTo limit: Int = 0) -> Int {
    if state.isKeyed { return state.keyed?.count ?? 0 }
    if state.events.count + state.handAtMost >= limit { state.handAtMost = hand.count }
    return state.events.count + state.handAtMost
  }

  // MARK: Who serves

  /// Names who receives the events from now on, and how; when `paused`, they wait for `resume`.
  func serve(with handler: Callable, as options: SubscriptionOptions, paused: Bool) {
    guard case .async(let capacity, let overflow) = options.delivery else { return }
    state.update { state in
      state.handler = handler
      state.owner = handler.owner.name
      state.capacity = capacity
      state.overflow = overflow
      state.lanes = options.lanes
      state.paused = paused
      let key = overflow == .coalesce || options.lanes > 1 ? options.key : nil
      if key != state.key { setKey(key, in: &state) }
    }
    schedule()
  }

  /// Lines up what waits by other keys, or by none.
  private func setKey(_ key: EventField?, in state: inout State) {
    let items = takeAll(in: &state)
    state.key = key
    state.isKeyed = key != nil
    state.keyed = key.map { _ in KeyedLine() }
    state.line += 1
    isKeyed.store(key != nil, ordering: .relaxed)
    for item in items {
      guard let key else {
        state.events.append(item)
        continue
      }
      state.keyed?.append(item, unsafe key.key(of: item.event, layout))
    }
  }

  /// Serves again.
  func resume() {
    state.update { $0.paused = false }
    schedule()
  }

  /// Serves again after `hold`; one lane, where it was held.
  func letGo(_ lane: Int?) {
    state.update { state in
      if let lane { state.keyed?.letGo(lane) } else { state.holding = false }
    }
    schedule()
  }

  /// Ends a queue that nobody publishes to through the tables any more, with every event that was accepted.
  ///
  /// - Parameters:
  ///   - entrance: Its callable, which has moved on: publishers that are inside it still get in.
  ///   - deadline: How long to wait for those, and for the events that workers are at.
  /// - Returns: The events in order; the caller releases them.
  func end(entrance: Callable?, until deadline: Deadline) -> [Item] {
    state.update { $0.capacity = .max }
    _ = entrance?.awaitEnd(until: deadline)
    _ = state.wait(until: deadline) { $0.serving > 0 ? nil : true }
    return end()
  }

  /// Drops what is queued and takes nothing more.
  ///
  /// - Returns: The events that were queued; the caller releases them.
  func end() -> [Item] {
    state.update { state in
      state.ended = true
      state.handler = nil
      return takeAll(in: &state)
    }
  }

  /// Lets workers come where there is something to do for more than are there.
  func schedule() {
    while state.withLock({ state in callWorker(in: &state) }) { bus.workers.submit(.queue(self)) }
  }

  /// - Returns: Whether another worker is to be sent; it counts already.
  private func callWorker(in state: inout State) -> Bool {
    guard state.workers < state.lanes, state.isServable else { return false }
    let needed: Bool
    if state.lanes > 1, let keyed = state.keyed {
      needed = keyed.readyCount > state.workers - state.serving
    } else {
      needed = count(in: &state) > 0
    }
    if needed { state.workers += 1 }
    return needed
  }

  // MARK: What comes in

  /// What is known of an item's key.
  private enum Key {
    case unknown
    case known(KeyedLine.Key, of: EventField)
  }

  /// Queues the event that is being published on this thread. One copy serves all queues of a publish.
  func accept(_ event: UnsafeMutableRawPointer?) {
    let isLast = hs_publish_is_last() != 0
    var shared = unsafe hs_publish_shared()
    if unsafe shared == nil {
      unsafe shared = unsafe layout.copy(event)
      if !isLast { unsafe hs_publish_set_shared(shared) }
    } else if isLast {
      hs_publish_set_shared(nil)
    }
    guard let shared = unsafe shared else {
      hs_publish_set_outcome(CallFailure.queueFull.rawValue)
      return
    }
    // The last queue takes the reference of the publish.
    if !isLast { unsafe layout.retain(shared) }
    if !push(unsafe Item(event: shared, topic: hs_publish_topic())) {
      hs_publish_set_outcome(CallFailure.queueFull.rawValue)
    }
  }

  /// Puts an item at the tail, as the overflow policy says.
  ///
  /// - Returns: `false` when the publisher is to be told that it was dropped.
  func push(_ item: Item) -> Bool {
    let key = isKeyed.load(ordering: .relaxed) ? findKey(of: item) : .unknown
    let verdict = state.withLock { state in admit(item, key, into: &state) }
    if let pushed = conclude(verdict, item) { return pushed }
    guard case .wait(let milliseconds) = verdict else { return false }
    return pushWaiting(item, key, milliseconds: milliseconds)
  }

  /// Puts an event that is tried again at the head, full or not: it had its place before.
  func pushFirst(_ item: Item) {
    guard state.update({ putFirst(item, in: &$0) }) else { return discard(item) }
    schedule()
  }

  /// - Returns: `false` when the queue has ended.
  func putFirst(_ item: Item, in state: inout State) -> Bool {
    guard !state.ended else { return false }
    if state.isKeyed {
      let key = lineUp(item, .unknown, in: state)
      state.keyed?.prepend(item, key)
    } else {
      hand.empty(into: &state.events)
      state.events.prepend(item)
    }
    return true
  }

  private func findKey(of item: Item) -> Key {
    guard let field = state.withLock({ $0.key }) else { return .unknown }
    return .known(unsafe field.key(of: item.event, layout), of: field)
  }

  /// The key of an item in the line that there is now.
  private func lineUp(_ item: Item, _ key: Key, in state: State) -> KeyedLine.Key {
    if case .known(let key, let field) = key, field == state.key { return key }
    return unsafe state.key?.key(of: item.event, layout)
  }

  private struct Lag {
    let handler: Callable?
    let queued: Int
    let capacity: Int
  }

  /// What is to be done after an event was queued, under no lock.
  private struct Next {
    let calls: Bool
    let displaced: Item?
    let coalesced: [Item]
    let lag: Lag?
  }

  private enum Verdict {
    case queued
    case queuedThen(Next)
    case dropped(tell: Bool)
    case wait(milliseconds: Int)
  }

  private func admit(_ item: Item, _ key: Key, into state: inout State) -> Verdict {
    if state.ended { return .dropped(tell: false) }
    if state.isKeyed { return admit(item, lineUp(item, key, in: state), intoLine: &state) }
    var displaced: Item?
    if count(in: &state, upTo: state.capacity) >= state.capacity {
      switch state.overflow {
      case .block(let milliseconds): return .wait(milliseconds: milliseconds)
      case .dropNewest: return .dropped(tell: false)
      case .fail: return .dropped(tell: true)
      case .dropOldest, .coalesce: displaced = hand.next() ?? state.events.popFirst()
      }
    }
    if state.events.isEmpty { hand.wasPushed = true }
    state.events.append(item)
    return noteQueued(in: &state, displaced: displaced, coalesced: [])
  }

  private func admit(
    _ item: Item, _ key: KeyedLine.Key, intoLine state: inout State
  ) -> Verdict {
    let coalesces = state.overflow == .coalesce && key != nil
    let coalesced = coalesces ? state.keyed?.remove(key) ?? [] : []
    var displaced: Item?
    if count(in: &state) >= state.capacity {
      switch state.overflow {
      case .block(let milliseconds): return .wait(milliseconds: milliseconds)
      case .dropNewest: return .dropped(tell: false)
      case .fail: return .dropped(tell: true)
      case .dropOldest, .coalesce: displaced = state.keyed?.popFirst()
      }
    }
    hand.wasPushed = true
    state.keyed?.append(item, key)
    return noteQueued(in: &state, displaced: displaced, coalesced: coalesced)
  }

  private func noteQueued(
    in state: inout State, displaced: Item?, coalesced: [Item]
  ) -> Verdict {
    let lag = lag(in: &state)
    if case let count = count(in: &state, upTo: state.highWater + 1), count > state.highWater {
      state.highWater = count
    }
    let calls = callWorker(in: &state)
    if !calls, displaced == nil, lag == nil, coalesced.isEmpty { return .queued }
    return .queuedThen(Next(calls: calls, displaced: displaced, coalesced: coalesced, lag: lag))
  }

  /// The lag that begins with what was just queued, before anything is lost; once until half of the places are free again.
  private func lag(in state: inout State) -> Lag? {
    if state.lags, count(in: &state) - 1 <= state.capacity / 2 { state.lags = false }
    let mark = state.capacity - state.capacity / 4
    guard !state.lags, case let count = count(in: &state, upTo: mark), count >= mark else {
      return nil
    }
    state.lags = true
    return Lag(handler: state.handler, queued: count, capacity: state.capacity)
  }

  /// Does what follows from a verdict.
  ///
  /// - Returns: What `push` returns; `nil` when there is no room yet.
  private func conclude(_ verdict: Verdict, _ item: Item) -> Bool? {
    switch verdict {
    case .queued: return true
    case .queuedThen(let next):
      if let lag = next.lag { tell(lag, item) }
      if next.calls { bus.workers.submit(.queue(self)) }
      if let displaced = next.displaced { discard(displaced) }
      coalesce(next.coalesced)
      return true
    case .dropped(let tell):
      discard(item)
      return !tell
    case .wait: return nil
    }
  }

  private func tell(_ lag: Lag, _ item: Item) {
    guard let subscription = lag.handler?.subscription else { return }
    bus.onLag(
      QueueLag(
        subscription: subscription, topic: item.topicName, queued: lag.queued,
        capacity: lag.capacity))
  }

  /// Waits for room: for a moment awake, as the worker is about to make some, then asleep. A handler that publishes into its own
  /// full queue would wait for itself, as would two that fill each other's: they are refused at once.
  private func pushWaiting(_ item: Item, _ key: Key, milliseconds: Int) -> Bool {
    for _ in 0..<Patience.looks {
      Patience.rest()
      let verdict = state.withLock { state in admit(item, key, into: &state) }
      if let pushed = conclude(verdict, item) { return pushed }
    }
    let ownHandler = state.withLock { $0.handler }
    unsafe hs_wait_mark(ownHandler?.entry)
    defer { hs_wait_mark(nil) }
    if let ownHandler, unsafe hs_wait_would_deadlock(ownHandler.entry) != 0 {
      discard(item)
      return false
    }
    let verdict = state.wait(until: .after(milliseconds: milliseconds)) { state -> Verdict? in
      hand.awaitRoom()
      let verdict = admit(item, key, into: &state)
      if case .wait = verdict { return nil }
      return verdict
    }
    if let verdict, let pushed = conclude(verdict, item) { return pushed }
    discard(item)
    return false
  }

  func discard(_ item: Item) {
    figures.dropped.note()
    let owner = state.withLock { $0.owner }
    unsafe bus.noteDropped(item.topic, of: owner)
    unsafe layout.release(item.event)
  }

  private func coalesce(_ items: [Item]) {
    guard !items.isEmpty else { return }
    figures.coalesced.note(UInt64(items.count))
    bus.noteCoalesced(items.count, of: state.withLock { $0.owner })
    for item in items { unsafe layout.release(item.event) }
  }
}
