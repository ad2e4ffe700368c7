import EventBus
import HostSupport

/// What operators are told of crashes. Readable from any thread.
extension Host {
  /// The crashes that are known, newest first, at most `limit`.
  public func crashes(limit: Int) throws(OperationError) -> [CrashReport] {
    try reading { archive throws(SystemError) in try archive.list(limit: limit) }
  }

  /// One of them by its number; throws `notFound`.
  public func crash(_ id: Int) throws(OperationError) -> CrashReport {
    let report = try reading { archive throws(SystemError) in try archive.report(id) }
    guard let report else {
      throw OperationError(
        .notFound, "there is no crash report \(id), or it is damaged",
        advice: "see 'dovetail crashes list'")
    }
    return report
  }

  private func reading<Value>(
    _ body: (CrashArchive) throws(SystemError) -> Value
  ) throws(OperationError) -> Value {
    do throws(SystemError) { return try body(faults.crashes) } catch {
      throw OperationError(
        .failed, "the crash reports cannot be read: \(error)",
        advice: "see the folder 'crashes' in \(state.path)")
    }
  }
}

/// What the host does about plugins whose code crashed. Control thread only.
extension Host {
  /// A trap of a plugin was contained on some thread: take the generation out of service.
  func containCrash(of instance: PluginInstance, cause: String) {
    guard let plugin = table[instance.id] else { return }
    if plugin.probation != nil, let current = plugin.current, current.instance === instance {
      current.taint()
      lifecycle.putInQuarantine(current, .running, cause)
      rollBackFromProbation(instance.id, because: cause)
      return
    }
    guard let generation = plugin.current, generation.instance === instance, !generation.isTainted
    else { return }
    core.log.log(
      .error, instance.id, "crashed and was contained: \(cause); the build is quarantined")
    lifecycle.putInQuarantine(generation, .running, cause)
    takeOutOfService(generation, cause)
    goOnInWorker(generation)
    if let root = probationRoot(of: instance.id) {
      rollBackFromProbation(root, because: "\(instance.id), which was restarted with it, crashed")
    }
    events.publish(
      "plugin.failed", subject: instance.id, ["phase": .string("running"), "error": .string(cause)])
  }

  /// Ends a generation that crashed, and those that need it.
  func takeOutOfService(_ generation: Generation, _ cause: String) {
    generation.taint()
    bringDownDependents(of: generation.id, because: "which crashed")
    bringDown(
      [generation.id], until: .after(milliseconds: configuration.drainDeadline),
      as: .quarantined(cause: cause))
    table.update(generation.id) { $0.lastError = cause }
  }

  func bringDownDependents(of id: String, because reason: String) {
    let dependents = activeDependents(of: id)
    bringDown(dependents.reversed(), until: .after(milliseconds: configuration.drainDeadline))
    for dependent in dependents { block(dependent, by: id, reason) }
  }
}
