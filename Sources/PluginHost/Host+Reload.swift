import EventBus
import HostSupport

/// Replacing a running build, and the way back. Control thread only.
extension Host {
  /// Replaces a plugin's running build by the one in its file.
  ///
  /// - Parameters:
  ///   - id: The plugin.
  ///   - record: Another file to take the build from.
  ///   - dryRun: Whether to stop before anything is touched, and tell what would happen.
  ///   - isRollback: Whether the other file is the former build, on the way back.
  /// - Returns: What was done, or (for a dry run) what would be.
  /// - Throws: `OperationError` that says why the old build goes on.
  func reloadNow(
    _ id: String, from record: PluginRecord?, dryRun: Bool, isRollback: Bool = false
  ) throws(OperationError) -> OperationReport {
    do throws(OperationError) {
      return try reloadUnnoted(id, from: record, dryRun: dryRun, isRollback: isRollback)
    } catch {
      if !dryRun { table.update(id) { $0.lastError = error.message } }
      throw error
    }
  }

  private func reloadUnnoted(
    _ id: String, from record: PluginRecord?, dryRun: Bool, isRollback: Bool
  ) throws(OperationError) -> OperationReport {
    let began = Deadline.now()
    guard let plugin = table[id] else { throw unknown(id) }
    guard plugin.isActive, let old = plugin.current else {
      if plugin.state != .active { return try loadNow(record?.path ?? id) }
      throw OperationError(
        .refused, plugin: id, "\(id) is not active but \(plugin.state.name)",
        advice: "'dovetail load \(id)' starts it")
    }
    if plugin.manifest.reload == .never {
      throw OperationError(
        .refused, plugin: id, "\(id) says \"reload\": \"never\"",
        advice: "restart the host to use the new build")
    }
    let survey = try survey(extra: record)
    try checkReload(plugin, survey)
    if record == nil { try refuseKeptCopy(plugin, survey) }
    let dependents = plugin.manifest.reload == .restartDependents ? activeDependents(of: id) : []
    try refuseCarrier(among: [id] + dependents, "replacing \(id)")
    if dryRun {
      return OperationReport(
        operation: "reload", plan: reloadPlan(plugin, dependents, survey),
        milliseconds: elapsed(since: began))
    }
    try refuseWhileLoaderIsStuck()
    let climbers = try stage([id], survey)
    // Whatever became of the new build: the present one serves.
    table.update(id) { $0.state = .active }
    lifecycle.noticeLostWorker(of: old)
    guard let new = climbers.first?.generation else {
      throw OperationError(
        .failed, plugin: id, table[id]?.lastError ?? "the build of \(id) could not be staged")
    }
    try refuseQuarantined(new)
    if new.holdsSame(as: old), new.isIsolated == old.isIsolated, record == nil {
      lifecycle.unwind(new, hears: false)
      var change = change(plugin, "unchanged")
      change.reason = "the file holds the build that runs"
      return OperationReport(
        operation: "reload", changes: [change], milliseconds: elapsed(since: began))
    }
    for member in [id] + dependents {
      endProbations(with: member, because: "\(id) is reloaded")
    }
    return try replace(plugin, old, new, dependents, began, isRollback: isRollback)
  }

  private func refuseQuarantined(_ generation: Generation) throws(OperationError) {
    guard let hash = generation.hash, let entry = quarantine.why(hash) else { return }
    lifecycle.unwind(generation, hears: false)
    throw OperationError(
      .blocked, plugin: generation.id,
      "that build of \(generation.id) is quarantined: \(entry.cause)",
      advice: "put a corrected build in place, or 'dovetail quarantine clear \(generation.id)'")
  }

  /// A start takes the kept copy of a good build in the place of a quarantined one; a reload says why it does not.
  private func refuseKeptCopy(_ plugin: ManagedPlugin, _ survey: Survey) throws(OperationError) {
    guard let chosen = survey.resolution.chosen[plugin.id], chosen.path != plugin.path,
      chosen.path.hasPrefix(state.path + "/"),
      let hash = try? SHA256Digest(ofFile: plugin.path), let entry = quarantine.why(hash)
    else { return }
    throw OperationError(
      .blocked, plugin: plugin.id,
      "the build of \(plugin.id) in its file is quarantined: \(entry.cause)",
      advice: "put a corrected build in place, or 'dovetail quarantine clear \(plugin.id)'")
  }

  /// Refuses a build with which the graph would break, before anything is touched.
  private func checkReload(_ plugin: ManagedPlugin, _ survey: Survey) throws(OperationError) {
    if let blockage = survey.resolution.blockage(of: plugin.id) {
      throw OperationError(.blocked, plugin: plugin.id, blockage.chain, advice: blockage.fix)
    }
    guard survey.resolution.chosen[plugin.id] != nil else {
      throw OperationError(
        .notFound, plugin: plugin.id,
        "the file of \(plugin.id), \(plugin.path), holds no usable build of it any more",
        advice: "'dovetail inspect \(plugin.path)' shows what it holds")
    }
    for dependent in activeDependents(of: plugin.id) {
      guard let blockage = survey.resolution.blockage(of: dependent) else { continue }
      throw OperationError(
        .blocked, plugin: plugin.id,
        "with the new build \(dependent) could not go on: \(blockage.chain)", advice: blockage.fix)
    }
  }

  private func reloadPlan(
    _ plugin: ManagedPlugin, _ dependents: [String], _ survey: Survey
  ) -> PlanReport {
    let chosen = survey.resolution.chosen[plugin.id]?.manifest
    var steps = [
      PlanReport.Step(
        plugin: plugin.id, action: .reload, fromVersion: "\(plugin.manifest.version)",
        toVersion: chosen.map { "\($0.version)" },
        reason: "its running build is replaced (\(plugin.manifest.reload.rawValue))")
    ]
    steps += dependents.map {
      PlanReport.Step(plugin: $0, action: .restart, reason: "\(plugin.id) restarts its dependents")
    }
    return PlanReport(order: survey.resolution.order, steps: steps)
  }

  private func replace(
    _ plugin: ManagedPlugin, _ old: Generation, _ new: Generation, _ dependents: [String],
    _ began: UInt64, isRollback: Bool
  ) throws(OperationError) -> OperationReport {
    let transaction = ReloadTransaction(lifecycle, try members(old, new, dependents))
    let success: ReloadTransaction.Success
    do throws(OperationError) {
      success = try transaction.run()
    } catch {
      afterFailedReload(plugin.id, old, error, brokenIn: transaction.breakingPhase)
      throw error
    }
    if !isRollback { keepPrevious(old) }
    settle(plugin, transaction, success)
    if isRollback { table.update(plugin.id) { $0.path = plugin.path } }
    return report(plugin, transaction.members, success, began, isRollback)
  }

  /// The closure that a reload replaces: the plugin, then those that are restarted with it.
  private func members(
    _ old: Generation, _ new: Generation, _ dependents: [String]
  ) throws(OperationError) -> [ReloadMember] {
    let bytes = configuration.probation.bytes / (1 + dependents.count)
    var members = [
      ReloadMember(
        old: old, new: new, isHandoff: old.manifest.reload == .handoff, sharesImage: false,
        log: probationLog(of: old.id, bytes), formerFailureRate: failureRate(old))
    ]
    for id in dependents {
      guard let running = table[id]?.current else { continue }
      let again = try lifecycle.generation(id, running.manifest, running.origin, sharing: running)
      members.append(
        ReloadMember(
          old: running, new: again, isHandoff: true, sharesImage: true,
          log: probationLog(of: old.id, bytes), formerFailureRate: failureRate(running)))
    }
    return members
  }

  /// A log for a reload of `id`; `nil` where the configuration wants no probation.
  private func probationLog(of id: String, _ bytes: Int) -> ProbationLog? {
    guard configuration.probation.seconds > 0 else { return nil }
    return ProbationLog(layout: core.bus.layout, limit: bytes) { [weak self] in
      self?.core.losses.note(.probationOverflow, id)
      self?.control.submit { [weak self] in self?.endProbation(id, because: "its log is full") }
    }
  }

  private func afterFailedReload(
    _ id: String, _ old: Generation, _ error: OperationError, brokenIn phase: LifecyclePhase?
  ) {
    events.publish("plugin.rolledback", subject: id, ["reason": .string(error.message)])
    core.log.log(.error, id, error.message)
    if table[id]?.isActive != true {
      bringDownDependents(of: id, because: "which could not be started again")
    } else if let hash = old.hash, old.isTainted, let entry = quarantine.why(hash) {
      takeOutOfService(old, entry.cause)
    } else if old.isTainted {
      endBroken(id, error, in: phase ?? .quiesce)
    }
  }

  /// Takes an old build out of service that hung as it came to rest or resumed: a thread is still inside its code.
  private func endBroken(_ id: String, _ error: OperationError, in phase: LifecyclePhase) {
    let dependents = activeDependents(of: id)
    let deadline = Deadline.after(milliseconds: configuration.drainDeadline)
    lifecycle.bringDown(dependents.reversed(), until: deadline)
    for dependent in dependents {
      table.update(dependent) { $0.state = .blocked(by: "\(dependent) needs \(id), which hangs") }
    }
    lifecycle.bringDown([id], until: deadline, as: .failed(phase: phase, error: error.message))
  }

  private func settle(
    _ plugin: ManagedPlugin, _ reload: ReloadTransaction, _ success: ReloadTransaction.Success
  ) {
    let (old, new) = (reload.root.old, reload.root.new)
    if case .staged(let staged) = new.origin { table.update(plugin.id) { $0.path = staged.source } }
    if reload.root.log != nil {
      let timer = control.submit(afterMilliseconds: configuration.probation.seconds * 1000) {
        [weak self] in
        self?.endProbation(plugin.id, because: "its time is over")
      }
      table.update(plugin.id) { $0.probation = Probation(reload: reload, timer: timer) }
      for member in reload.members where member.sharesImage { retire(member) }
      watchProbation(of: plugin.id, new)
    } else {
      for member in reload.members { retire(member) }
      lifecycle.keepAsGood([new])
    }
    events.publish(
      "plugin.reloaded", subject: plugin.id,
      [
        "from": .string("\(old.manifest.version)"), "to": .string("\(new.manifest.version)"),
        "generation": .int(Int64(new.number)), "pause_ms": .double(success.pauseMilliseconds),
      ])
    core.log.log(
      .info, plugin.id,
      "reloaded: \(old.manifest.version) → \(new.manifest.version), generation \(new.number)",
      fields: ["pause_ms": "\(success.pauseMilliseconds)"])
  }

  /// Takes away a generation whose successor is there to stay, or has its image.
  func retire(_ member: ReloadMember) {
    if member.isHandoff { member.old.forgetProgress() }
    let unloading = lifecycle.unwind(member.old, hears: false)
    guard !member.sharesImage else { return }
    table.update(member.id) { $0.lastUnload = unloading }
  }

  private func report(
    _ plugin: ManagedPlugin, _ members: [ReloadMember], _ success: ReloadTransaction.Success,
    _ began: UInt64, _ isRollback: Bool
  ) -> OperationReport {
    let changes = members.compactMap { member -> OperationReport.Change? in
      guard let now = table[member.id] else { return nil }
      var change = change(
        now, member.sharesImage ? "restarted" : isRollback ? "rolled back" : "reloaded")
      change.fromGeneration = Int(member.old.number)
      change.fromVersion = "\(member.old.manifest.version)"
      change.pauseMilliseconds = success.pauseMilliseconds
      if member.log != nil {
        change.unload = nil
        change.reason = "on probation for \(configuration.probation.seconds) s"
      }
      return change
    }
    return OperationReport(
      operation: isRollback ? "rollback" : "reload", changes: changes,
      milliseconds: elapsed(since: began),
      warnings: warnings)
  }

  func failureRate(_ generation: Generation) -> Double {
    let delivered = Double(max(1, delivered(generation.instance)))
    return Double(generation.instance.failures) / delivered
  }

  /// Events delivered to a generation's handlers.
  func delivered(_ instance: PluginInstance) -> UInt64 {
    core.bus.subscriptions.filter { $0.owner == instance.owner }.reduce(0) { $0 + $1.delivered }
  }
}
