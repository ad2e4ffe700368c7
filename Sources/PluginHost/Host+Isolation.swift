import EventBus
import HostSupport
import Synchronization

/// What the host does about workers that ended. Control thread only.
extension Host {
  /// Has workers send what the log takes now.
  func followLogLevel() {
    for plugin in table.all {
      let trial = plugin.probation?.reload.members.first { $0.old.id == plugin.id }
      for generation in [plugin.current, trial?.old] {
        generation?.worker?.setLevel(core.log.level)
        generation?.standby?.setLevel(core.log.level)
      }
    }
  }

  /// The worker of a generation that served has failed; its gates are closed.
  func workerEnded(_ generation: Generation) {
    let id = generation.id
    guard let plugin = table[id], plugin.current === generation, plugin.isActive else { return }
    let end = generation.worker?.howItEnded(until: .after(milliseconds: 5_000))
    let cause = end?.cause ?? "ended"
    core.losses.note(.crash, id)
    generation.instance.noteFailure("its worker \(cause)")
    core.log.log(.error, id, "its worker \(cause)", fields: ["generation": "\(generation.number)"])
    // After what follows: it waits for the disk.
    defer {
      if let end { faults.keep(CrashReport(of: PluginBuild(generation.instance), end)) }
    }
    if let trial = plugin.probation?.reload.members.first(where: { $0.old.id == id }) {
      // The build before may be the same: it serves again, and is to be started the next time too.
      if trial.old.hash != generation.hash {
        lifecycle.putInQuarantine(generation, .running, "its worker \(cause)")
      }
      rollBackFromProbation(id, because: "its worker \(cause)")
      return
    }
    guard let delay = lifecycle.isolation.noteEnd(of: id, configuration.isolation) else {
      return giveUp(generation, cause)
    }
    if delay == 0 { return startAgain(generation, cause) }
    control.submit(afterMilliseconds: delay) { [weak self] in self?.startAgain(generation, cause) }
  }

  /// A generation serves in a worker, or its standby has ended, which costs it nothing.
  func seeToStandby(of generation: Generation) {
    guard let standby = generation.standby, standby.isOver else {
      return lifecycle.prepareStandby(of: generation)
    }
    let id = generation.id
    let cause = standby.howItEnded(until: .after(milliseconds: 5_000))?.cause ?? "ended"
    _ = generation.setStandby(nil)
    _ = standby.end(whileCallsRun: false)
    guard let delay = lifecycle.isolation.noteStandbyEnd(of: id, configuration.isolation) else {
      return core.log.log(
        .warning, id,
        "its standby worker \(cause), as others before; none stands by until it is started again")
    }
    core.log.log(.warning, id, "its standby worker \(cause); another takes its place")
    control.submit(afterMilliseconds: delay) { [weak self] in
      self?.lifecycle.prepareStandby(of: generation)
    }
  }

  /// Has a plugin run somewhere else from now on: as a reload of its build, or at its next start when it does not run.
  func moveNow(
    _ id: String, to place: HostConfiguration.Isolation.Place
  ) throws(OperationError) -> OperationReport {
    let former = lifecycle.isolation.choose(place, for: id)
    do throws(OperationError) {
      return try reloadNow(id, from: nil, dryRun: false)
    } catch {
      _ = lifecycle.isolation.choose(former, for: id)
      throw error
    }
  }

  /// Starts the next worker of a plugin and gives it what its predecessor had: its queues, its place, the state it began from.
  private func startAgain(_ old: Generation, _ cause: String) {
    let id = old.id
    // An operator may have unloaded or replaced it meanwhile.
    guard let plugin = table[id], plugin.current === old, plugin.isActive else { return }
    let member = ReloadMember(
      old: old, new: old, isHandoff: true, sharesImage: false, log: nil, formerFailureRate: 0)
    let revival = ReloadTransaction(lifecycle, [member])
    if let given = old.given { revival.progress.withLock { $0.saved[id] = given } }
    do throws(OperationError) {
      let next = try revival.revive(member)
      core.log.log(
        .warning, id, "started again as generation \(next.number), as its worker \(cause)")
      events.publish(
        "plugin.restarted", subject: id,
        ["generation": .int(Int64(next.number)), "cause": .string("its worker \(cause)")])
    } catch {
      guard let delay = lifecycle.isolation.noteEnd(of: id, configuration.isolation) else {
        return giveUp(old, "\(cause), and could not be started again: \(error.message)")
      }
      control.submit(afterMilliseconds: max(delay, configuration.isolation.restartDelay)) {
        [weak self] in
        self?.startAgain(old, cause)
      }
    }
  }

  /// Starts a plugin again in a worker, when it crashed in the host's process as often as the configuration wants to see.
  func goOnInWorker(_ crashed: Generation) {
    let id = crashed.id
    guard crashed.manifest.isolation != .inProcess, let hash = crashed.hash,
      lifecycle.isolation.noteCrash(of: id, configuration.isolation)
    else { return }
    do throws(SystemError) { _ = try quarantine.clear(hash.description) } catch {
      core.log.log(.error, id, "it is not started in a worker: \(error)")
      return
    }
    core.log.log(
      .warning, id,
      "crashed \(configuration.isolation.afterCrashes) times; it goes on in a worker process")
    do throws(OperationError) { _ = try loadNow(id) } catch {
      core.log.log(.error, id, "it could not be started in a worker: \(error)")
    }
  }

  /// Ends a plugin whose workers end too often.
  private func giveUp(_ generation: Generation, _ cause: String) {
    let id = generation.id
    let isolation = configuration.isolation
    let words =
      "its worker \(cause); it ended more than \(isolation.restarts) times within "
      + "\(isolation.restartSeconds) s and is not started again"
    core.log.log(
      .error, id, "\(words); 'dovetail load \(id)' tries it once more")
    bringDownDependents(of: id, because: "whose worker ended too often")
    lifecycle.bringDown(
      [id], until: .after(milliseconds: configuration.drainDeadline),
      as: .failed(phase: .running, error: words))
    table.update(id) { $0.lastError = words }
    lifecycle.isolation.forgive(id)
    events.publish(
      "plugin.failed", subject: id, ["phase": .string("running"), "error": .string(words)])
  }
}
