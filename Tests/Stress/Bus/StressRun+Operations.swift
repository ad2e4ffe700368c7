import EventBus
import HostSupport
import Synchronization

/// What threads do, as their numbers say.
extension StressRun {
  private static let mostSubscriptions = 12

  /// One operation of a thread that is inside no handler.
  func act(_ thread: StressThread) {
    switch thread.random.below(400) {
    case ..<330: publish(thread)
    case ..<350: subscribe(thread)
    case ..<365: end(thread, patiently: true)
    case ..<375: intercept(thread)
    case ..<379: setClock(thread)
    case ..<384: look(thread)
    case ..<388: replay(thread)
    case ..<391: dive(thread)
    case ..<394: route(thread)
    case ..<399: change(thread) { reload($0, thread) }
    default: change(thread) { unload($0, thread) }
    }
  }

  /// What a handler does on the way; nothing of it waits long.
  func actInside(_ handler: StressHandler, _ thread: StressThread) {
    tallies.calls.note()
    switch thread.random.below(400) {
    case ..<20 where thread.publishes.count < StressThread.levels: publish(thread)
    case 20: subscribe(thread)
    case 21: end(thread, patiently: false)
    case 22: end(handler.subscription, of: handler.plugin, patiently: false, thread)
    case 23: look(thread)
    // Whoever was called before it in this publish may end meanwhile.
    case ..<30: linger()
    default: break
    }
  }

  private func linger() {
    var pause = Backoff()
    for _ in 0..<4 { pause.wait() }
  }

  private func plugin(_ thread: StressThread) -> StressPlugin { thread.random.pick(plugins) }

  // MARK: Subscriptions

  /// Registers a new subscription for a plugin.
  func subscribe(_ thread: StressThread) {
    let plugin = plugin(thread)
    plugin.use {
      guard plugin.state.withLock({ $0.subscriptions.count }) < Self.mostSubscriptions else {
        return
      }
      guard let made = add(to: plugin, plugin.generation, shadow: false, thread) else { return }
      plugin.state.withLock { $0.subscriptions.append(made) }
      made.lastTicket.store(nextTicket(), ordering: .relaxed)
      made.begin(started: streams.started())
    }
  }

  /// Registers a new subscription with a generation.
  private func add(
    to plugin: StressPlugin, _ generation: StressGeneration, shadow: Bool, _ thread: StressThread
  ) -> StressSubscription? {
    let made = StressSubscription(
      nextNumber(), traits(&thread.random), ticket: nextTicket(), since: streams.finished())
    registry.add(made)
    guard register(made, plugin, generation, shadow: shadow, thread) else { return nil }
    tallies.subscriptions.note()
    return made
  }

  private func register(
    _ subscription: StressSubscription, _ plugin: StressPlugin, _ generation: StressGeneration,
    shadow: Bool, _ thread: StressThread
  ) -> Bool {
    let handler = StressHandler(subscription, of: plugin, in: generation, self)
    let traits = subscription.traits
    let options = SubscriptionOptions(
      pattern: traits.pattern, name: subscription.name, priority: traits.priority,
      delivery: delivery(traits, &thread.random),
      lanes: traits.isStrict ? 1 : thread.random.pick([1, 1, 2, 4]),
      conditions: traits.sieve.conditions,
      timeout: traits.timeout, retry: traits.retry, strictOrder: traits.isStrict)
    // It is kept as long as anything can call it.
    subscription.hold(handler)
    do throws(BusError) {
      let made = try bus.subscribe(
        generation.owner, options, shadow: shadow, handler: handler.callable())
      subscription.registered(made, handler, shadow: shadow, by: thread)
      return true
    } catch {
      report("subscribe of \(subscription.name): \(error)", handler)
      return false
    }
  }

  private func traits(_ random: inout SplitMix) -> StressSubscription.Traits {
    var retry = RetryPolicy()
    retry.attempts = 1 + random.below(4)
    retry.initial = 1 + random.below(3)
    retry.cap = 8
    retry.jitter = random.oneIn(2) ? 0.5 : 0
    return StressSubscription.Traits(
      pattern: random.pick(Topics.patterns), priority: Int32(random.below(5)) - 2,
      sieve: Sieve(&random), retry: retry, isStrict: random.oneIn(4),
      timeout: random.oneIn(6) ? 600_000 : nil, failsOneIn: random.pick([0, 0, 16, 64, 256]))
  }

  private func delivery(
    _ traits: StressSubscription.Traits, _ random: inout SplitMix
  ) -> SubscriptionOptions.Delivery {
    guard traits.isStrict || random.oneIn(2) else { return .sync }
    let overflow: SubscriptionOptions.Overflow =
      switch random.below(5) {
      case 0: .block(milliseconds: 1 + random.below(4))
      case 1: .dropOldest
      case 2: .dropNewest
      case 3: .fail
      default: .block(milliseconds: 60_000)
      }
    if case .block(60_000) = overflow { return .async(capacity: 4_096, overflow: overflow) }
    return .async(capacity: random.pick([1, 2, 8, 64, 1_024]), overflow: overflow)
  }

  /// Ends some subscription; impatiently where others may wait for the thread.
  private func end(_ thread: StressThread, patiently isPatient: Bool) {
    let plugin = plugin(thread)
    let all = plugin.state.withLock { $0.subscriptions }
    guard !all.isEmpty else { return }
    end(thread.random.pick(all), of: plugin, patiently: isPatient, thread)
  }

  private func end(
    _ subscription: StressSubscription, of plugin: StressPlugin, patiently isPatient: Bool,
    _ thread: StressThread
  ) {
    plugin.use {
      let isThere = plugin.state.withLock { $0.subscriptions.contains { $0 === subscription } }
      guard isThere, let (registration, handler) = subscription.claim() else { return }
      plugin.state.withLock { $0.subscriptions.removeAll { $0 === subscription } }
      let finished = streams.finished()
      do throws(BusError) {
        let deadline = Deadline.after(milliseconds: isPatient ? 60_000 : 5)
        let ending = try bus.unsubscribe(registration, until: deadline) { [self] in
          if handler.canary.isDead { report("was told twice that it has ended", handler) }
          handler.canary.kill()
        }
        // First of all: what else is done here orders this thread behind the handler.
        if ending == .ended { handler.canary.kill() }
        subscription.note(ending == .ended ? "ended" : "ends", by: thread)
        subscription.end(StressSubscription.Edge(finished: finished, started: streams.started()))
        tallies.ends.note()
        if ending == .pending, isPatient { report("did not end within a minute", handler) }
      } catch {
        report("unsubscribe: \(error)", handler)
      }
    }
  }

  // MARK: What stands beside

  private func intercept(_ thread: StressThread) {
    let plugin = plugin(thread)
    plugin.use {
      let (all, generation) = plugin.state.withLock { ($0.sentries, $0.generation) }
      if all.count > 1 || (all.count == 1 && thread.random.oneIn(2)) {
        guard let sentry = plugin.state.withLock({ $0.sentries.popLast() }) else { return }
        return release(sentry)
      }
      guard let sentry = guarding(generation, "i\(nextNumber())", shadow: false) else { return }
      plugin.state.withLock { $0.sentries.append(sentry) }
    }
  }

  private func guarding(
    _ generation: StressGeneration, _ name: String, shadow: Bool
  ) -> StressSentry? {
    let sentry = StressSentry(name, in: generation, self)
    do throws(BusError) {
      try sentry.register(shadow: shadow)
      return sentry
    } catch {
      report("intercept: \(error)")
      return nil
    }
  }

  private func release(_ sentry: StressSentry) {
    do throws(BusError) {
      guard let ending = try sentry.release(until: .after(milliseconds: 60_000)) else { return }
      if ending != .ended { return report("the end of interceptor \(sentry.name) took a minute") }
      sentry.canary.kill()
    } catch {
      report("release of interceptor \(sentry.name): \(error)")
    }
  }

  private func setClock(_ thread: StressThread) {
    let plugin = plugin(thread)
    plugin.use {
      let (all, generation) = plugin.state.withLock { ($0.clocks, $0.generation) }
      if all.count > 1 || (all.count == 1 && thread.random.oneIn(2)) {
        guard let clock = plugin.state.withLock({ $0.clocks.popLast() }) else { return }
        return stop(clock)
      }
      guard let clock = ticking(generation, shadow: false, thread) else { return }
      plugin.state.withLock { $0.clocks.append(clock) }
    }
  }

  private func ticking(
    _ generation: StressGeneration, shadow: Bool, _ thread: StressThread
  ) -> StressClock? {
    let clock = StressClock(in: generation, self)
    do throws(BusError) {
      try clock.start(interval: 1 + thread.random.below(3), shadow: shadow)
      return clock
    } catch {
      report("timer: \(error)")
      return nil
    }
  }

  private func stop(_ clock: StressClock) {
    guard let timer = clock.take() else { return }
    do throws(BusError) {
      let ending = try scheduler.cancel(timer, until: .after(milliseconds: 60_000))
      if ending != .ended { return report("the end of a timer took a minute") }
      clock.canary.kill()
    } catch {
      report("cancel of a timer: \(error)")
    }
  }

  /// Adds a route that takes nothing, or takes the last one away.
  private func route(_ thread: StressThread) {
    let plugin = plugin(thread)
    plugin.use {
      let (last, owner) = plugin.state.withLock { ($0.routes.popLast(), $0.generation.owner) }
      do throws(BusError) {
        if let last { return try bus.remove(last) }
        let rule = try EventRoute.Rule(
          from: TopicPattern("s.*.x"),
          conditions: [EventCondition(.attribute(.subject), .equal, "never")], to: "nowhere",
          mode: .move)
        let made = try bus.route(owner, rule)
        plugin.state.withLock { $0.routes.append(made) }
      } catch {
        report("route: \(error)")
      }
    }
  }

  /// What operators ask for while all goes on.
  private func look(_ thread: StressThread) {
    switch thread.random.below(4) {
    case 0:
      for subscription in bus.everySubscription {
        thread.sum &+= Int(subscription.deliveredInAll) &+ (subscription.queueStatus?.count ?? 0)
      }
    case 1: thread.sum &+= bus.receivers(of: thread.random.pick(Topics.names)).count
    case 2: thread.sum &+= bus.subscriptions.map(\.state).count { $0 == .gated }
    default: thread.sum &+= bus.waiting.count &+ bus.topics.count &+ bus.interceptors.count
    }
  }

  /// Delivers some dead letters again, or drops them.
  private func replay(_ thread: StressThread) {
    let chosen = bus.deadLetters.all.filter { _ in thread.random.oneIn(8) }
    if thread.random.oneIn(3) {
      let ids = Set(chosen.map(\.id))
      _ = bus.deadLetters.drop { ids.contains($0.id) }
      return
    }
    var expected: [UInt64: (StressSubscription, StressEvent.Identity)] = [:]
    for letter in chosen {
      guard let subscription = registry[letter.subscription] else { continue }
      let identity = unsafe bus.deadLetters.withEvent(letter.id) {
        unsafe StressEvent.seen($1).identity
      }
      guard let identity else { continue }
      subscription.expectReplay(identity)
      expected[letter.id] = (subscription, identity)
    }
    let ids = Set(expected.keys)
    let replayed = Set(bus.replayDeadLetters { ids.contains($0.id) }.replayed.map(\.id))
    tallies.replays.note(replayed.count)
    for (id, (subscription, identity)) in expected where !replayed.contains(id) {
      subscription.cancelReplay(identity)
    }
  }

  // MARK: Generations

  /// Changes a plugin's generation, unless another thread does so with one.
  private func change(_ thread: StressThread, _ body: (StressPlugin) -> Void) {
    let plugin = plugin(thread)
    _ = changes.withLockIfAvailable { _ in
      var pause = Backoff()
      while plugin.lock() { pause.wait() }
      body(plugin)
      plugin.unlock()
    }
  }

  /// Ends the plugin's generation with all that it registered, and begins another.
  func unload(_ plugin: StressPlugin, _ thread: StressThread) {
    let state = plugin.state.withLock { $0 }
    let old = state.generation
    let finished = streams.finished()
    revoke(old.owner)
    old.standing = .ended
    let started = streams.started()
    for subscription in state.subscriptions {
      subscription.note("unloaded", by: thread)
      subscription.end(StressSubscription.Edge(finished: finished, started: started))
    }
    bury(state)
    tallies.unloads.note()
    let next = StressGeneration(
      plugin.name, old.owner.generation + 1, standing: .serving)
    plugin.state.withLock { state in
      state.generation = next
      state.subscriptions = []
      state.sentries = []
      state.clocks = []
      state.routes = []
    }
  }

  private func revoke(_ owner: Owner) {
    let deadline = Deadline.after(milliseconds: 60_000)
    let left = scheduler.revoke(owner, until: deadline) + bus.revoke(owner, until: deadline)
    let running = max(left, bus.drain(owner, until: deadline))
    if running > 0 { report("\(running) calls of \(owner) did not end within a minute") }
  }

  /// No call of a generation happens any more.
  private func bury(_ state: StressPlugin.State) {
    for subscription in state.subscriptions { subscription.killHandler() }
    for sentry in state.sentries { sentry.canary.kill() }
    for clock in state.clocks {
      _ = clock.take()
      clock.canary.kill()
    }
  }

  /// What a reload has prepared.
  private struct Coming {
    let generation: StressGeneration
    var kept: [StressSubscription] = []
    var added: [StressSubscription] = []
    var sentries: [StressSentry] = []
    var clocks: [StressClock] = []
  }

  /// Hands the plugin over to a new generation, or gives that up half way.
  private func reload(_ plugin: StressPlugin, _ thread: StressThread) {
    let state = plugin.state.withLock { $0 }
    let old = state.generation
    let coming = prepare(plugin, state, thread)
    let finished = streams.finished()
    let gated =
      scheduler.callables(of: old.owner) + bus.interceptorCallables(of: old.owner)
    bus.closeGates(of: [old.owner], callables: gated)
    if bus.drain(old.owner, until: .after(milliseconds: 60_000)) > 0 {
      report("\(old.owner) did not come to rest within a minute")
    }
    old.standing = .resting
    if thread.random.oneIn(4) { return giveUp(coming, old, gated, thread) }
    coming.generation.standing = .serving
    thread.isHandingOver = true
    let orphans = bus.handOver(
      from: old.owner, to: coming.generation.owner, recorder: nil, replaying: nil)
    thread.isHandingOver = false
    scheduler.handOver(from: old.owner, to: coming.generation.owner)
    old.standing = .ended
    let edge = StressSubscription.Edge(finished: finished, started: streams.started())
    for subscription in state.subscriptions {
      guard !coming.kept.contains(where: { $0 === subscription }) else { continue }
      subscription.note("has no successor", by: thread)
      subscription.end(edge)
    }
    for subscription in coming.added { subscription.begin(started: edge.started) }
    if orphans.count > state.subscriptions.count - coming.kept.count {
      report("\(orphans.map(\.subscription)) of \(old.owner) are without a successor")
    }
    revoke(old.owner)
    bury(state)
    for subscription in coming.kept { subscription.adopt() }
    plugin.state.withLock { state in
      state.generation = coming.generation
      state.subscriptions = coming.kept + coming.added
      state.sentries = coming.sentries
      state.clocks = coming.clocks
      state.routes = []
    }
    tallies.reloads.note()
  }

  private func prepare(
    _ plugin: StressPlugin, _ state: StressPlugin.State, _ thread: StressThread
  ) -> Coming {
    let next = state.generation.owner.generation + 1
    var coming = Coming(generation: StressGeneration(plugin.name, next, standing: .shadow))
    for subscription in state.subscriptions where !thread.random.oneIn(10) {
      if register(subscription, plugin, coming.generation, shadow: true, thread) {
        coming.kept.append(subscription)
      }
    }
    if thread.random.oneIn(3),
      let made = add(to: plugin, coming.generation, shadow: true, thread)
    {
      made.lastTicket.store(nextTicket(), ordering: .relaxed)
      coming.added.append(made)
    }
    for sentry in state.sentries where !thread.random.oneIn(3) {
      if let made = guarding(coming.generation, sentry.name, shadow: true) {
        coming.sentries.append(made)
      }
    }
    if thread.random.oneIn(2), let made = ticking(coming.generation, shadow: true, thread) {
      coming.clocks.append(made)
    }
    return coming
  }

  /// The old generation goes on.
  private func giveUp(
    _ coming: Coming, _ old: StressGeneration, _ gated: [Callable], _ thread: StressThread
  ) {
    old.standing = .serving
    bus.openGates(of: [old.owner], callables: gated)
    revoke(coming.generation.owner)
    coming.generation.standing = .ended
    for subscription in coming.kept { subscription.dismiss() }
    let never = StressSubscription.Edge(finished: .start, started: .start)
    for subscription in coming.added { subscription.end(never) }
    for sentry in coming.sentries { sentry.canary.kill() }
    for clock in coming.clocks {
      _ = clock.take()
      clock.canary.kill()
    }
    tallies.aborts.note()
  }
}
