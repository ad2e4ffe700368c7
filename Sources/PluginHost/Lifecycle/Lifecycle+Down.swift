import EventBus
import HostSupport

/// The way down: pre_cleanup for all, then revoke, cleanup and unmap, one by one.
extension Lifecycle {
  /// Brings plugins down.
  ///
  /// - Parameters:
  ///   - ids: In the reverse of start order; whoever needs one of them is among them, before it.
  ///   - deadline: When to stop waiting for calls in progress; for each of them that is at the latest after `drainDeadline`.
  ///   - state: What they are afterwards, where the image tells nothing else.
  ///   - isShutdown: Whether the host itself is ending.
  func bringDown(
    _ ids: [String], until deadline: Deadline, as state: PluginState? = nil,
    isShutdown: Bool = false
  ) {
    let generations = ids.compactMap { table[$0]?.current }
    for generation in generations { table.update(generation.id) { $0.state = .cleaning } }
    let steps = generations.filter { !$0.isTainted && $0.has(.postInit) }.map {
      step($0, .preCleanup)
    }
    for (step, outcome) in zip(steps, runner.run(steps, deadline: configuration.lifecycleDeadline))
    {
      noteFailure(step.generation, .preCleanup, outcome)
    }
    if isShutdown {
      events.publish(
        "system.post_shutdown", [:], waiting: configuration.lifecycleDeadline)
    }
    for generation in generations { end(generation, until: deadline, as: state) }
  }

  private func end(_ generation: Generation, until deadline: Deadline, as state: PluginState?) {
    let patience = Deadline.after(milliseconds: configuration.drainDeadline)
    let owner = generation.instance.owner
    let delivered = core.bus.subscriptions.reduce(0) { $1.owner == owner ? $0 + $1.delivered : $0 }
    let unloading = unwind(generation, until: min(deadline, patience))
    table.update(generation.id) { plugin in
      plugin.lastUnload = unloading
      plugin.lastDelivered = delivered
      plugin.activeSince = nil
      switch (state, unloading) {
      case (.some(let state), _): plugin.state = state
      case (_, .unmapped): plugin.state = .unmapped
      case (_, .retired(let reason, _)): plugin.state = .retired(reason: reason)
      }
    }
    core.log.log(.info, generation.id, "ended: \(unloading.prose)")
    events.publish("plugin.unloaded", subject: generation.id, ["image": .string(unloading.prose)])
  }

  /// Ends a generation: revokes what it registered, cleans it up when it was initialized, takes its image away.
  ///
  /// - Parameters:
  ///   - generation: Not called any more afterwards.
  ///   - deadline: When to stop waiting for calls in progress.
  ///   - hears: Whether the host still hears it during `cleanup`.
  /// - Returns: What became of the image.
  @discardableResult
  func unwind(
    _ generation: Generation, until deadline: Deadline? = nil, hears: Bool = true
  ) -> Unloading {
    let deadline = deadline ?? .after(milliseconds: configuration.drainDeadline)
    core.pulse.beat()
    if hears, !generation.isTainted { generation.instance.setMode(.leaving) }
    if let loss = core.seat.leave(generation.instance) {
      core.log.log(.error, generation.id, loss)
    }
    var running = revoke(generation, until: deadline)
    // Later there may be no code to call back.
    if !generation.isTainted { core.bus.completePending() }
    if !hears || generation.isTainted { generation.instance.setMode(.gone) }
    if generation.needsCleanup, !generation.isTainted, running == 0 {
      let outcome = run(generation, .cleanup)
      noteFailure(generation, .cleanup, outcome)
      if outcome.failure != nil { generation.taint() }
    }
    generation.instance.setMode(.gone)
    // What it registered while it was cleaned up; then what calls under way registered as the door was closing.
    if running == 0, hears { running = revoke(generation, until: deadline) }
    if running == 0, !generation.isTainted { running = revoke(generation, until: deadline) }
    if running > 0 {
      core.losses.note(.callAbandoned, generation.id, count: running)
      if !generation.isIsolated { generation.taint() }
    }
    return takeAway(generation, stillRunning: running)
  }

  /// Ends everything that a generation registered.
  ///
  /// - Returns: Calls that still ran at the deadline.
  private func revoke(_ generation: Generation, until deadline: Deadline) -> Int {
    let owner = generation.instance.owner
    var running = generation.instance.watches.filter { !$0.suspend(until: deadline) }.count
    running += generation.instance.figures.end(until: deadline) == .pending ? 1 : 0
    running += core.timers.revoke(owner, until: deadline)
    running += core.services.revoke(owner, until: deadline)
    running += core.responders.revoke(owner, until: deadline)
    core.installValidators()
    running += core.providers.revoke(owner, until: deadline)
    for request in generation.instance.requests { request.end(.cancelled) }
    running += core.bus.revoke(owner, until: deadline)
    dropHeld(of: generation)
    running += drainJobs(generation, until: deadline)
    // Also calls of what it unregistered itself, which go on; a call that hangs or crashed is not waited for again.
    // Those into a worker that has ended do come back.
    let isLost = generation.isTainted && generation.worker == nil
    let limit = isLost ? Deadline(nanoseconds: 0) : deadline
    return core.gatedOwners(of: generation.instance).reduce(running) { running, owner in
      max(running, core.bus.drain(owner, until: limit))
    }
  }

  /// Drops what a generation published that did not commit.
  private func dropHeld(of generation: Generation) {
    let held = generation.instance.takeHeld()
    core.losses.note(.heldDropped, generation.id, count: held.count)
    for item in held { unsafe core.bus.layout.release(item.event) }
  }

  /// Waits for the jobs of a plugin's executor.
  func drainJobs(_ generation: Generation, until deadline: Deadline) -> Int {
    var pause = Backoff()
    while generation.outstandingJobs > 0, !deadline.hasPassed { pause.wait() }
    return generation.outstandingJobs
  }

  private func takeAway(_ generation: Generation, stillRunning: Int) -> Unloading {
    if generation.isIsolated { return dismiss(generation, stillRunning: stillRunning) }
    guard let image = generation.image else {
      leave(generation)
      return .unmapped
    }
    generation.setImage(nil)
    let unloading = release(image, of: generation, stillRunning: stillRunning)
    if case .retired(_, let bytes) = unloading {
      table.update(generation.id) { plugin in
        plugin.retiredImages += 1
        plugin.retiredBytes += bytes
      }
      warnOfRetired(generation.id)
    } else {
      table.update(generation.id) { $0.unmappedImages += 1 }
      table.leave(generation.instance)
      journal?.remove(generation.build)
      generation.instance.release()
    }
    return unloading
  }

  /// Says that what stays mapped is more than the budget allows.
  private func warnOfRetired(_ id: String) {
    let retired = loader.retired
    guard let warning = retired.warning else { return }
    core.log.log(.warning, "loader", warning)
    events.publish(
      "system.retired_budget", subject: id,
      [
        "images": .int(Int64(retired.count)), "bytes": .int(Int64(retired.bytes)),
        "warning": .string(warning),
      ])
  }

  /// Ends the worker of a generation: whatever the plugin left behind goes with it.
  private func dismiss(_ generation: Generation, stillRunning: Int) -> Unloading {
    let worker = generation.worker
    let standby = generation.setStandby(nil)
    standby?.giveUp()
    var running = stillRunning
    if running > 0 {
      // Calls that have not come back by now do when it is gone, unless what it called of others hangs.
      worker?.giveUp()
      running = revoke(generation, until: .after(milliseconds: 1_000))
    }
    let isFree = worker?.end(whileCallsRun: running > 0) ?? true
    generation.setWorker(nil)
    _ = standby?.end(whileCallsRun: false)
    if worker != nil { table.update(generation.id) { $0.unmappedImages += 1 } }
    if isFree {
      table.leave(generation.instance)
      generation.instance.release()
    }
    guard generation.ownsFiles, case .staged(let staged) = generation.origin else {
      return .unmapped
    }
    journal?.remove(generation.build)
    try? stager.remove(staged)
    return .unmapped
  }

  private func release(
    _ image: LoadedImage, of generation: Generation, stillRunning: Int
  ) -> Unloading {
    if generation.isTainted || generation.mustStayMapped {
      let reason =
        stillRunning > 0 ? "\(stillRunning) calls into it have not returned" : "it crashed or hangs"
      return loader.retire(image, because: reason)
    }
    // Loads and unloads run one at a time: what is in progress now was given up.
    guard loader.activity == nil else {
      return loader.retire(image, because: "the loader is stuck")
    }
    let deadline = Deadline.after(milliseconds: configuration.lifecycleDeadline)
    return (try? loader.unload(image, deadline: deadline))
      ?? loader.retire(image, because: "the loader is stuck")
  }

  /// Forgets a generation that has no image: it was never mapped, or another generation has it now.
  private func leave(_ generation: Generation) {
    guard !generation.isTainted, !generation.passedImageOn else { return }
    table.leave(generation.instance)
    guard case .staged(let staged) = generation.origin else { return }
    generation.instance.release()
    if generation.ownsFiles {
      journal?.remove(generation.build)
      try? stager.remove(staged)
    }
    // No code of it ever ran: its number is free for the next.
    guard !generation.has(.load) else { return }
    table.update(generation.id) { plugin in
      if plugin.generations == generation.number { plugin.generations -= 1 }
    }
  }
}

extension Unloading {
  /// The outcome in prose.
  var prose: String {
    switch self {
    case .unmapped: "its image was unmapped"
    case .retired(let reason, let bytes): "its image stays mapped (\(bytes >> 10) KiB): \(reason)"
    }
  }
}
