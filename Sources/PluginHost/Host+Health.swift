import EventBus
import HostSupport
import Synchronization

/// How the host and its plugins are, and what is done about those that are not well.
extension Host {
  func startHealth() {
    do throws(SystemError) { try health.start(self) } catch {
      core.log.log(.error, "health", "the health of plugins is not watched: \(error)")
    }
  }

  /// How the host itself is; readable on any thread, without waiting.
  var standing: HostStanding {
    var standing = HostStanding()
    if case .stuck(let reason) = liveness {
      standing.isLive = false
      standing.reasons.append(reason)
    }
    switch stage.withLock({ $0 }) {
    case .starting: standing.reasons.append("it is starting")
    case .serving: break
    case .ending: standing.reasons.append("it is ending")
    }
    if (try? core.metadata) == nil {
      standing.reasons.append(core.seat.problem ?? "the metadata store is not open")
    }
    for id in configuration.health.required {
      guard let plugin = table[id] else {
        standing.reasons.append("\(id), which is required, is not there")
        continue
      }
      if !plugin.isActive {
        standing.reasons.append("\(id), which is required, is \(plugin.state.name)")
      }
    }
    standing.isReady = standing.reasons.isEmpty
    return standing
  }

  // MARK: Reports

  /// How the host and its plugins are, or one plugin.
  public func health(_ id: String?) throws(OperationError) -> HealthReport {
    if let id, table[id] == nil { throw unknown(id) }
    let standing = standing
    let plugins = table.all.filter { id == nil || $0.id == id }.map { plugin in
      (plugin, healthState(of: plugin))
    }
    let worst = plugins.reduce(HealthState.healthy) { worst, one in
      // What failed was taken out of service: the host goes on without it.
      if !one.0.isActive, case .unhealthy(let reason) = one.1 {
        return worst.worse(.degraded(reason))
      }
      if case .unknown = one.1 { return worst }
      return worst.worse(one.1)
    }
    return HealthReport(
      name: configuration.name, status: standing.isLive ? worst.name : "unhealthy",
      live: standing.isLive, ready: standing.isReady, reasons: standing.reasons,
      plugins: plugins.map { healthReport($0.0, $0.1) })
  }

  private func healthState(of plugin: ManagedPlugin) -> HealthState {
    if plugin.isActive, let generation = plugin.current { return health.state(of: generation) }
    switch plugin.state {
    case .failed(let phase, let error):
      return .unhealthy("it failed in \(phase.rawValue): \(error)")
    case .quarantined(let cause): return .unhealthy("it is quarantined: \(cause)")
    case .blocked(let chain): return .unknown("it is blocked: \(chain)")
    default: return .unknown("it is \(plugin.state.name)")
    }
  }

  private func healthReport(_ plugin: ManagedPlugin, _ state: HealthState) -> PluginHealthReport {
    var report = PluginHealthReport(
      plugin: plugin.id, state: state.name, reason: state.reason,
      action: configuration.health(of: plugin.id).action.rawValue)
    guard let record = health.record(of: plugin.id) else { return report }
    report.since = record.history.last.map { LogTime.rfc3339($0.time) }
    report.checked = record.checkedAt.map { LogTime.rfc3339($0) }
    report.milliseconds = record.took.map { Double($0) / 1e6 }
    report.checks = record.checks
    report.unhealthyInRow = record.unhealthyInRow
    report.restarts = record.restarts
    report.history = record.history.map { change in
      PluginHealthReport.Change(
        time: LogTime.rfc3339(change.time), state: change.state.name, reason: change.state.reason)
    }
    return report
  }

  // MARK: Actions

  /// Does what the configuration wants done about a plugin that stays unhealthy. Control thread only.
  func actOnHealth(of generation: Generation, because reason: String) {
    let id = generation.id
    // On probation it is taken back, and a crash has consequences of its own.
    guard let plugin = table[id], plugin.isActive, plugin.current === generation,
      probationRoot(of: id) == nil, !generation.isTainted
    else { return }
    let settings = configuration.health(of: id)
    switch settings.action {
    case .none: break
    case .restart: restart(generation, because: reason, most: settings.restarts)
    case .quarantine:
      let cause = "it was unhealthy: \(reason)"
      tellAction(id, "quarantine", cause)
      if health.isHung(generation) { generation.taint() }
      lifecycle.putInQuarantine(generation, .running, cause)
      bringDownDependents(of: id, because: "which is quarantined")
      bringDown(
        [id], until: .after(milliseconds: configuration.drainDeadline),
        as: .quarantined(cause: cause))
      table.update(id) { $0.lastError = cause }
    }
  }

  private func restart(_ generation: Generation, because reason: String, most: Int) {
    let id = generation.id
    guard health.beginRestart(of: id, most: most) else {
      return tellAction(id, "none", "\(reason); \(most) restarts have not helped")
    }
    tellAction(id, "restart", reason)
    do throws(OperationError) {
      if health.isHung(generation) { try startAnew(id) } else { try reloadSame(generation) }
    } catch {
      core.log.log(.error, id, "it could not be restarted: \(error)")
    }
  }

  /// Starts the running build anew by a reload: its state goes from the one to the other, and nothing is lost.
  private func reloadSame(_ generation: Generation) throws(OperationError) {
    guard case .staged(let staged) = generation.origin else { return try startAnew(generation.id) }
    // What lies in the folder may be another build by now.
    let isThere = (try? SHA256Digest(ofFile: staged.source)) == staged.digest
    let kept =
      lastKnownGood.keeps(generation.id, staged.digest)
      ? lastKnownGood.build(of: generation.id)?.path : nil
    let path = isThere ? staged.source : kept ?? staged.path
    _ = try reloadNow(
      generation.id, from: try record(ofFile: path), dryRun: false, isRollback: true)
  }

  /// Ends a plugin that does not come to rest, with those that need it, and starts them again.
  private func startAnew(_ id: String) throws(OperationError) {
    _ = try unloadNow(
      id, force: true, until: .after(milliseconds: configuration.drainDeadline))
    table.update(id) { $0.isStopped = false }
    try reconcile()
  }

  private func tellAction(_ id: String, _ action: String, _ reason: String) {
    let words = action == "none" ? "it is left as it is" : "action: \(action)"
    core.log.log(.error, id, "unhealthy, \(words): \(reason)")
    events.publish(
      "health.action", subject: id, ["action": .string(action), "reason": .string(reason)])
  }
}
