import CHostSupport
import HostSupport

/// The worker's side of a queue.
extension DeliveryQueue {
  /// Serves a batch on a worker's thread.
  ///
  /// - Parameter limit: Most events to serve before others get their turn.
  /// - Returns: Whether a call crashed: the thread's plugin frames are gone and it must not be used again.
  func run(limit: Int) -> Bool {
    let bus = bus
    var served = Served.nothing
    var left = limit
    while true {
      switch look(after: served) {
      case .empty, .leave: return false
      case .hand(let handler):
        if let crashed = serveHand(handler, bus, &left) { return crashed }
        served = .hand
      case .one(let turn):
        left -= 1
        if let crashed = serve(turn, bus) { return crashed }
        served = .lane(turn.lane, of: turn.line)
      }
      guard left <= 0 else { continue }
      if bus.workers.backlog > 0 { break }
      left = limit
    }
    leave(after: served)
    schedule()
    return false
  }

  /// What a worker was at.
  enum Served {
    case nothing
    case hand
    case lane(Int, of: Int)
  }

  /// One event of a line with keys.
  private struct Turn {
    let item: Item
    let lane: Int
    let line: Int
    let handler: Callable
  }

  private enum Look {
    /// The hand holds events.
    case hand(Callable)
    case one(Turn)
    /// Nothing waits.
    case empty
    /// Nobody serves, or nothing waits: the worker's place is free.
    case leave
  }

  /// Looks for something to serve, for a moment: to be woken takes longer than to wait for a busy publisher's next event.
  private func look(after served: Served) -> Look {
    // Of few events at a time, each would cost both sides a lock.
    if case .hand = served, hand.wasSmall { for _ in 0..<Patience.rests { Patience.rest() } }
    let found = take(after: served, isLast: false)
    guard case .empty = found else { return found }
    for _ in 0..<Patience.looks where !hand.wasPushed { Patience.rest() }
    return take(after: .nothing, isLast: true)
  }

  private func take(after served: Served, isLast: Bool) -> Look {
    let found = state.withLock { state -> Look in
      note(served, in: &state)
      guard state.isServable, let handler = state.handler, state.workers <= state.lanes else {
        state.workers -= 1
        return .leave
      }
      let found = take(for: handler, in: &state)
      if case .empty = found {
        hand.wasPushed = false
        guard isLast else { return .empty }
        state.workers -= 1
        return .leave
      }
      state.serving += 1
      return found
    }
    switch found {
    case .hand, .one: break
    case .empty, .leave: state.wake()  // somebody may wait until nothing is served
    }
    return found
  }

  private func take(for handler: Callable, in state: inout State) -> Look {
    if state.isKeyed {
      guard let (item, lane) = state.keyed?.take(oldest: state.lanes == 1) else { return .empty }
      return .one(Turn(item: item, lane: lane, line: state.line, handler: handler))
    }
    if hand.count == 0 {
      hand.fill(from: &state.events)
      state.handAtMost = hand.count
    }
    return hand.count == 0 ? .empty : .hand(handler)
  }

  func note(_ served: Served, in state: inout State) {
    if case .nothing = served { return }
    state.serving -= 1
    if case .lane(let lane, let line) = served, line == state.line { state.keyed?.finish(lane) }
  }

  func leave(after served: Served) {
    state.update { state in
      note(served, in: &state)
      state.workers -= 1
    }
  }

  // MARK: Plain events

  /// Gives the hand's events to a handler.
  ///
  /// - Returns: `nil` when there is none any more, or others are to have their turn; else what `run` returns.
  private func serveHand(_ handler: Callable, _ bus: EventBus, _ left: inout Int) -> Bool? {
    let subscription = handler.subscription
    let isWatched = subscription?.options.timeout != nil
    if !isWatched, subscription?.options.strictOrder == false, let batch = unsafe handler.batch {
      return unsafe serveBatches(handler, batch, subscription, &left)
    }
    while left > 0, let item = hand.next() {
      left -= 1
      hand.prefetch()
      wakePublishers()
      if isWatched { _ = subscription?.trial.admit() }
      let outcome = unsafe bus.call(
        handler, of: subscription, item.event, topic: item.topic, patience: 0)
      if outcome.result.code == 0, !outcome.timedOut {
        unsafe layout.release(item.event)
        continue
      }
      switch outcome.result.failure {
      case .gateClosed, .revoked:
        putBack(item, at: .hand, handler)
        return false
      default:
        let retry = bus.noteFailure(subscription, item, outcome, inPlace: true)
        unsafe layout.release(item.event)
        if let retry {
          hold(retry)
          return false
        }
        if outcome.result.failure == .crashed {
          leave(after: .hand)
          schedule()
          return true
        }
      }
    }
    return nil
  }

  /// A place is free.
  func wakePublishers() { if hand.takeAwaited() { state.wake() } }

  /// The event that failed keeps its place, and all later ones wait with it until it is tried again.
  private func hold(_ retry: PendingRetry) {
    let kept = state.update { state in
      state.workers -= 1
      state.serving -= 1
      state.holding = true
      return putFirst(retry.item, in: &state)
    }
    guard kept else { return discard(retry.item) }
    bus.retries.resume(self, lane: nil, at: retry.due)
  }

  /// Its gate is closed, or its handler was replaced: the event keeps its place until somebody serves again.
  private func putBack(_ item: Item, at served: Served, _ handler: Callable) {
    let kept = state.update { state in
      state.workers -= 1
      guard putBack(item, at: served, in: &state) else { return false }
      if state.handler === handler && !handler.isLive { state.paused = true }
      return true
    }
    if kept { schedule() } else { discard(item) }
  }

  /// - Returns: `false` when the queue has ended.
  private func putBack(_ item: Item, at served: Served, in state: inout State) -> Bool {
    guard !state.ended, case .lane(let lane, let line) = served, line == state.line else {
      note(served, in: &state)
      return putFirst(item, in: &state)
    }
    state.serving -= 1
    state.keyed?.putBack(item, lane)
    return true
  }

  // MARK: Events with keys

  /// Gives an event to a handler.
  ///
  /// - Returns: `nil` when its lane can go on; else what `run` returns.
  private func serve(_ turn: Turn, _ bus: EventBus) -> Bool? {
    wakePublishers()
    let subscription = turn.handler.subscription
    let trial = subscription?.options.timeout == nil ? nil : subscription?.trial
    if let trial, !trial.admit(), subscription?.options.lanes != 1 {
      putBack(turn, until: trial)
      return false
    }
    let item = turn.item
    let outcome = unsafe bus.call(
      turn.handler, of: subscription, item.event, topic: item.topic, patience: 0)
    if trial != nil { schedule() }  // the others left when this call ran late
    if outcome.result.code == 0, !outcome.timedOut {
      unsafe layout.release(item.event)
      return nil
    }
    let place = Served.lane(turn.lane, of: turn.line)
    switch outcome.result.failure {
    case .gateClosed, .revoked:
      putBack(item, at: place, turn.handler)
      return false
    default:
      let retry = bus.noteFailure(subscription, item, outcome, inPlace: true)
      unsafe layout.release(item.event)
      if let retry { return hold(retry, at: turn) }
      guard outcome.result.failure == .crashed else { return nil }
      leave(after: place)
      schedule()
      return true
    }
  }

  /// Another lane's call runs past the time limit: this event waits until the subscription is tried again.
  private func putBack(_ turn: Turn, until trial: Trial) {
    let kept = state.update { state in
      state.workers -= 1
      return putBack(turn.item, at: .lane(turn.lane, of: turn.line), in: &state)
    }
    guard kept else { return discard(turn.item) }
    if trial.wouldAdmit { schedule() }
  }

  /// The event that failed keeps its place, and all later ones of its lane wait with it until it is tried again.
  private func hold(_ retry: PendingRetry, at turn: Turn) -> Bool {
    let lane = state.update { state -> Int?? in
      state.workers -= 1
      guard putBack(retry.item, at: .lane(turn.lane, of: turn.line), in: &state) else {
        return nil
      }
      guard state.lanes > 1, turn.line == state.line else {
        state.holding = true
        return .some(nil)
      }
      state.keyed?.hold(turn.lane)
      return turn.lane
    }
    guard let lane else {
      discard(retry.item)
      return false
    }
    bus.retries.resume(self, lane: lane, at: retry.due)
    schedule()
    return false
  }
}
