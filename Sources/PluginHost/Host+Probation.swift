import EventBus
import HostSupport

/// The time in which a reload can be taken back. Control thread only.
extension Host {
  private static let checkMilliseconds = 500
  /// So many failures say something about a build; fewer may be chance.
  private static let leastFailures: UInt64 = 3

  /// Looks at a new generation every half second while it is on probation.
  func watchProbation(of id: String, _ new: Generation) {
    control.submit(afterMilliseconds: Self.checkMilliseconds) { [weak self] in
      guard let self, let plugin = table[id], plugin.current === new, plugin.probation != nil else {
        return
      }
      checkProbation(plugin, new)
      if table[id]?.probation != nil { watchProbation(of: id, new) }
    }
  }

  private func checkProbation(_ plugin: ManagedPlugin, _ new: Generation) {
    guard let probation = plugin.probation else { return }
    for member in probation.reload.serving {
      guard let complaint = complaint(of: member) else { continue }
      let subject = member.id == plugin.id ? "" : "\(member.id), which was restarted with it: "
      if member.sharesImage, member.new.isTainted { takeOutOfService(member.new, complaint) }
      return rollBackFromProbation(plugin.id, because: subject + complaint)
    }
    let calls = configuration.probation.calls
    if calls > 0, delivered(new.instance) >= UInt64(calls) {
      endProbation(plugin.id, because: "it has served \(calls) calls")
    }
  }

  /// What speaks against a new generation.
  private func complaint(of member: ReloadMember) -> String? {
    let new = member.new
    if case .unhealthy(let reason) = health.state(of: new) {
      if health.isHung(new) { new.taint() }
      return "its health is bad: \(reason)"
    }
    let rate = failureRate(new)
    guard new.instance.failures >= Self.leastFailures, rate > member.formerFailureRate else {
      return nil
    }
    return "\(new.instance.failures) of its calls failed (\(percent(rate)) of deliveries, "
      + "\(percent(member.formerFailureRate)) before); the last: \(new.instance.lastError ?? "?")"
  }

  private func percent(_ rate: Double) -> String { "\(Int((rate * 100).rounded())) %" }

  /// Makes reloads final in which a plugin was replaced or restarted.
  func endProbations(with id: String, because reason: String) {
    if let root = probationRoot(of: id) { endProbation(root, because: reason) }
  }

  /// The plugin on whose probation another one is, or it itself.
  func probationRoot(of id: String) -> String? {
    table.all.first { $0.probation?.reload.members.contains { $0.id == id } == true }?.id
  }

  /// Makes a reload final: the generation before is cleaned up and taken away.
  func endProbation(_ id: String, because reason: String) {
    guard let plugin = table[id], let probation = plugin.probation else { return }
    table.update(id) { $0.probation = nil }
    control.cancel(probation.timer)
    probation.reload.close()
    let root = probation.reload.root
    retire(root)
    if let current = plugin.current { lifecycle.keepAsGood([current]) }
    core.log.log(
      .info, id,
      "probation ended (\(reason)); generation \(root.old.number): "
        + "\(table[id]?.lastUnload?.prose ?? "")")
  }

  /// Returns from probation to the generation before, with everything that the new one received.
  ///
  /// - Parameters:
  ///   - id: The plugin.
  ///   - reason: For the log and the event.
  func rollBackFromProbation(_ id: String, because reason: String) {
    guard let plugin = table[id], let probation = plugin.probation else { return }
    table.update(id) { $0.probation = nil }
    control.cancel(probation.timer)
    probation.reload.rollBack(because: reason)
    for member in probation.reload.members {
      guard case .failed(_, let error) = table[member.id]?.state else { continue }
      core.log.log(.error, member.id, error)
      bringDownDependents(of: member.id, because: "which could not be started again")
    }
    guard let old = table[id]?.current, table[id]?.isActive == true else { return }
    core.log.log(
      .warning, id, "rolled back to \(old.manifest.version), generation \(old.number): \(reason)")
    events.publish(
      "plugin.rolledback", subject: id,
      [
        "reason": .string(reason), "to": .string("\(old.manifest.version)"),
        "generation": .int(Int64(old.number)),
      ])
  }

  /// The build that a rollback returns to: one step back, and never forth again to the build that was rolled back.
  func formerBuild(of plugin: ManagedPlugin) -> (LastKnownGood.Entry, path: String)? {
    guard let (entry, path) = previousBuilds.build(of: plugin.id),
      entry.hash != plugin.current?.hash
    else { return nil }
    return (entry, path)
  }

  /// Returns to the build before: out of probation, or by a reload from the kept copy.
  func rollbackNow(_ id: String) throws(OperationError) -> OperationReport {
    let began = Deadline.now()
    guard let plugin = table[id] else { throw unknown(id) }
    if plugin.probation != nil {
      let from = plugin.current
      rollBackFromProbation(id, because: "an operator asked for it")
      guard let now = table[id] else { throw unknown(id) }
      var change = change(now, "rolled back")
      change.fromGeneration = Int(from?.number ?? 0)
      change.fromVersion = from.map { "\($0.manifest.version)" }
      return OperationReport(
        operation: "rollback", changes: [change], milliseconds: elapsed(since: began))
    }
    guard let (_, path) = formerBuild(of: plugin) else {
      throw OperationError(
        .notFound, plugin: id,
        "there is nothing to roll \(id) back to: no build before \(plugin.manifest.version) is kept",
        advice: "put the build that you want in place; 'dovetail reload \(id)' takes it from there")
    }
    let inspection: Inspection
    do throws(DiscoveryProblem) { inspection = try Inspection(path: path) } catch {
      throw OperationError(.failed, plugin: id, "the kept build cannot be read: \(error)")
    }
    let slash = path.lastIndex(of: "/") ?? path.startIndex
    let record = PluginRecord(
      directory: String(path[..<slash]), inspection, name: String(path[path.index(after: slash)...])
    )
    return try reloadNow(id, from: record, dryRun: false, isRollback: true)
  }
}
