import CHostSupport
public import HostSupport
import Synchronization

/// What a reload does to the bus: close the gates, drain, swap one generation for another, open.
extension EventBus {
  /// Makes calls into these owners wait at their gates. Threads inside any of them pass.
  ///
  /// - Parameters:
  ///   - owners: The generations of the affected closure.
  ///   - callables: Their services and timers.
  public func closeGates(of owners: [Owner], callables: [Callable]) {
    state.withLock { state in
      state.group += 1
      for owner in owners {
        owner.setGate(closed: true, group: state.group)
        for subscription in state.byOwner[owner] ?? [] where subscription.standing == .active {
          subscription.direct?.setState(HS_GATED)
        }
      }
    }
    for callable in callables { callable.setState(HS_GATED) }
  }

  /// Lets waiting calls in again: the reload was given up.
  public func openGates(of owners: [Owner], callables: [Callable]) {
    for callable in callables { callable.setState(HS_LIVE) }
    let queues = state.withLock { state in
      owners.flatMap { owner in
        defer { owner.setGate(closed: false, group: 0) }
        return (state.byOwner[owner] ?? []).compactMap { subscription -> DeliveryQueue? in
          guard subscription.standing == .active else { return nil }
          subscription.direct?.setState(HS_LIVE)
          return subscription.queue
        }
      }
    }
    for queue in queues { queue.resume() }
  }

  /// Waits until no call into an owner is in progress.
  ///
  /// - Parameters:
  ///   - owner: Its gate is closed.
  ///   - deadline: When to give up.
  /// - Returns: Calls that were still in progress then; 0 when it is drained.
  public func drain(_ owner: Owner, until deadline: Deadline) -> Int {
    var pause = Backoff()
    while true {
      hs_barrier()
      let calls = Reclaimer.shared.holding { unsafe hs_owner_calls_elsewhere(owner.record) }
      if calls == 0 || deadline.hasPassed { return Int(calls) }
      pause.wait()
    }
  }

  /// Swaps one generation for another, atomically for every publisher: subscriptions are matched by name, waiting calls and
  /// queues pass to the successor, the gates open.
  ///
  /// - Parameters:
  ///   - old: Its gate is closed and it is drained. Its subscriptions are kept suspended, for a way back.
  ///   - new: Its subscriptions are in the shadow, or suspended.
  ///   - recorder: Records what the new one receives.
  ///   - replaying: Records of what the old one received: delivered to the new one first, marked as delivered before.
  /// - Returns: Subscriptions without a successor, and how many of their queued events became dead letters.
  public func handOver(
    from old: Owner, to new: Owner, recorder: ProbationLog?, replaying: ProbationLog?
  ) -> [(subscription: String, events: Int)] {
    complete(exchange(old, for: new, recorder: recorder), replaying: replaying)
  }

  /// The first half of `handOver`: from here on the successor's subscriptions are found, behind its closed gate.
  ///
  /// Exchange a whole closure before the first is completed: whoever is inside it passes its gates.
  public func exchange(_ old: Owner, for new: Owner, recorder: ProbationLog?) -> Exchange {
    state.withLock { state in swap(old, new, recorder: recorder, in: &state) }
  }

  /// The second half of `handOver`: delivers what was recorded and what waits, then opens the gates.
  public func complete(
    _ swapped: Exchange, replaying: ProbationLog?
  ) -> [(subscription: String, events: Int)] {
    let new = swapped.new
    let deadline = Deadline.after(milliseconds: 1000)
    let left = swapped.former.map { former in
      (former, items: former.queue?.end(entrance: former.entrance, until: deadline) ?? [])
    }
    insideGate(of: new) {
      for (name, direct) in swapped.coming { replay(replaying?.take(name) ?? [], to: direct) }
      for (former, items) in left {
        if let direct = former.successor { for item in items { deliver(item, to: direct) } }
      }
    }
    open(swapped.old, new)
    Reclaimer.shared.collect()
    return left.filter { $0.0.successor == nil && $0.0.queue != nil }.map { former, items in
      for item in items { bury(item, of: former.name, plugin: new.name) }
      return (former.name, items.count)
    }
  }

  private func bury(_ item: DeliveryQueue.Item, of subscription: String, plugin: String) {
    bury(
      DeadLetter(
        topic: item.topicName, plugin: plugin, subscription: subscription, cause: .unsubscribed,
        attempts: item.attempt - 1, error: "the next generation has no subscription of that name",
        moment: Deadline.now(), item: item))
  }

  /// What a swap leaves to be done outside the lock.
  public struct Exchange {
    fileprivate let old: Owner
    fileprivate let new: Owner
    /// A subscription that gave way; `queue` is set when its successor did not adopt it.
    fileprivate struct Former {
      let name: String
      // Both stand in the old tables: their epoch may begin to end only when those were rebuilt.
      let direct: Callable?
      let entrance: Callable?
      let queue: DeliveryQueue?
      let successor: Callable?
    }
    fileprivate var former: [Former] = []
    fileprivate var coming: [(name: String, direct: Callable)] = []
  }

  /// The successors stay gated until `open`: what the log recorded comes before anything that waits or queues.
  private func swap(
    _ old: Owner, _ new: Owner, recorder: ProbationLog?, in state: inout State
  ) -> Exchange {
    closeGate(of: new, with: old, in: &state)
    let former = (state.byOwner[old] ?? []).filter { $0.standing == .active }
    let coming = (state.byOwner[new] ?? []).filter {
      $0.standing != .ended && $0.standing != .active
    }
    var swapped = Exchange(old: old, new: new)
    var successors: [String: Subscription] = [:]
    for subscription in coming {
      let predecessor = former.first { $0.name == subscription.name }
      if let predecessor { subscription.ordinal = predecessor.ordinal }
      let adopted = subscription.options.delivery == .sync ? nil : predecessor?.queue
      subscription.arm(adopting: adopted, recorder: recorder, gated: true)
      state.index.insert(subscription)
      successors[subscription.name] = subscription
      if let direct = subscription.direct { swapped.coming.append((subscription.name, direct)) }
    }
    for subscription in former {
      swapped.former.append(suspend(subscription, for: successors[subscription.name]))
      state.index.remove(subscription)
    }
    let patterns =
      swapInterceptors(old, new, in: &state) + swapRoutes(old, new, in: &state)
      + swapTypes(old, new, in: &state)
    rebuildTopics(of: former + coming, matching: patterns, in: state)
    return swapped
  }

  /// Threads inside the old generation's closure pass the new one's gate as they passed the old one's.
  private func closeGate(of new: Owner, with old: Owner, in state: inout State) {
    if old.group == 0 { state.group += 1 }
    new.setGate(closed: true, group: old.group == 0 ? state.group : old.group)
  }

  /// Publishers that wait, or hold an old table, find the successor. A worker that holds an event puts it back instead: at
  /// the successor's entrance it would come last.
  private func suspend(
    _ subscription: Subscription, for successor: Subscription?
  ) -> Exchange.Former {
    let adopted = subscription.queue != nil && successor?.queue === subscription.queue
    let former = Exchange.Former(
      name: subscription.name, direct: subscription.direct, entrance: subscription.entrance,
      queue: adopted ? nil : subscription.queue, successor: successor?.direct)
    let isAsync = subscription.queue != nil
    subscription.direct?.move(to: isAsync ? nil : successor?.tabled)
    subscription.entrance?.move(to: successor?.tabled)
    subscription.figures.carried.note(subscription.direct?.calls ?? 0)
    subscription.standing = .suspended
    subscription.direct = nil
    subscription.entrance = nil
    subscription.queue = nil
    return former
  }

  private func open(_ old: Owner, _ new: Owner) {
    let queues = state.withLock { state in
      let active = (state.byOwner[new] ?? []).filter { $0.standing == .active }
      for subscription in active { subscription.direct?.setState(HS_LIVE) }
      for callable in interceptorCallables(of: new, in: state) { callable.setState(HS_LIVE) }
      old.setGate(closed: false, group: 0)
      new.setGate(closed: false, group: 0)
      return active.compactMap(\.queue)
    }
    for queue in queues { queue.resume() }
  }

  private func replay(_ items: [DeliveryQueue.Item], to direct: Callable) {
    for item in items {
      unsafe layout.markRedelivered(item.event)
      deliver(item, to: direct)
    }
  }

  private func deliver(_ item: DeliveryQueue.Item, to direct: Callable) {
    var fault: Int32 = 0
    let code = unsafe hs_deliver(direct.entry, item.topic, item.event, 0, &fault)
    if CallFailure(rawValue: code) == .revoked { return discard([item], of: direct.owner) }
    if code != 0 {
      let result = CallResult(code: code, fault: fault)
      noteFailure(direct.subscription, item, Outcome(result: result, timedOut: false))
    }
    unsafe layout.release(item.event)
  }

  /// Runs `body` on the host's side as a call of `owner`, whose gate lets through who is inside already.
  private func insideGate(of owner: Owner, _ body: () -> Void) {
    withoutActuallyEscaping(body) { body in
      var body = body
      unsafe withUnsafeMutablePointer(to: &body) { body in
        _ = unsafe Callable(owner: owner, inPlugin: false).call(patience: 0, body) { body in
          unsafe body?.assumingMemoryBound(to: (() -> Void).self).pointee()
          return 0
        }
      }
    }
  }

  /// Forgets the subscriptions of a generation that never served, or no longer may.
  public func forget(_ owner: Owner) {
    let forgotten = state.withLock { state in
      state.interceptors.removeAll { $0.owner == owner && $0.standing != .active }
      state.routes.removeAll { $0.owner == owner && $0.standing != .active }
      state.types.removeAll { $0.owner == owner && $0.standing != .active }
      let forgotten = (state.byOwner[owner] ?? []).filter { $0.standing != .active }
      for subscription in forgotten { subscription.standing = .ended }
      state.byOwner[owner]?.removeAll { $0.standing == .ended }
      if state.byOwner[owner]?.isEmpty == true { state.byOwner[owner] = nil }
      return forgotten
    }
    withExtendedLifetime(forgotten) {}  // let go of under no lock
  }

  /// Revokes everything an owner subscribed.
  ///
  /// - Returns: How many calls were still running at the deadline.
  public func revoke(_ owner: Owner, until deadline: Deadline) -> Int {
    forget(owner)
    removeRoutes(of: owner)
    removeTypes(of: owner)
    return revokeInterceptors(of: owner, until: deadline)
      + revokeSubscriptions(of: owner, until: deadline).count
  }
}
