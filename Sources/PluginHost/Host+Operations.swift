import EventBus
import HostSupport

/// Loading, unloading and replacing plugins. Control thread only.
extension Host {
  /// Loads and starts a plugin by the path of its file or by its id.
  func loadNow(_ pathOrID: String) throws(OperationError) -> OperationReport {
    let began = Deadline.now()
    let record = pathOrID.contains("/") ? try record(ofFile: pathOrID) : nil
    let id = try record.map { record throws(OperationError) in try self.id(of: record) } ?? pathOrID
    if let plugin = table[id], plugin.isActive {
      guard record != nil, record?.path != plugin.path else {
        throw OperationError(
          .exists, plugin: id,
          "\(id) is active already (\(plugin.manifest.version), generation \(plugin.generations))",
          advice: "use 'dovetail reload \(id)' to replace it")
      }
      return try reloadNow(id, from: record, dryRun: false)
    }
    try refuseWhileLoaderIsStuck()
    table.update(id) { plugin in
      plugin.isStopped = false
      switch plugin.state {
      case .failed: plugin.state = .discovered
      default: break
      }
      plugin.current = plugin.isActive ? plugin.current : nil
    }
    try reconcile(extra: record)
    guard let plugin = table[id] else {
      throw OperationError(
        .notFound, plugin: id, "there is no plugin \(id) in \(configuration.plugins)",
        advice: "give the path of its .so, or see 'dovetail list' for what there is")
    }
    guard plugin.isActive else { throw failure(of: plugin, "could not be loaded") }
    return OperationReport(
      operation: "load", changes: [change(plugin, "loaded")], milliseconds: elapsed(since: began))
  }

  func record(ofFile path: String) throws(OperationError) -> PluginRecord {
    do throws(DiscoveryProblem) {
      let inspection = try Inspection(path: path)
      let slash = path.lastIndex(of: "/") ?? path.startIndex
      return PluginRecord(
        directory: String(path[..<slash]), inspection,
        name: String(path[path.index(after: slash)...]))
    } catch {
      throw OperationError(
        error.operationCode, "\(error)",
        advice: "'dovetail inspect \(path)' shows what the file holds")
    }
  }

  private func id(of record: PluginRecord) throws(OperationError) -> String {
    do throws(DiscoveryProblem) {
      return try record.manifest().id
    } catch {
      throw OperationError(.refused, "\(error)")
    }
  }

  func failure(of plugin: ManagedPlugin, _ what: String) -> OperationError {
    let explanation = explain(plugin)
    let code: OperationCode
    switch plugin.state {
    case .blocked, .quarantined: code = .blocked
    default: code = .failed
    }
    return OperationError(
      code, plugin: plugin.id, "\(plugin.id) \(what): \(explanation.chain.joined(separator: "; "))",
      advice: explanation.fix)
  }

  /// Ends a plugin, unless another that is active needs it.
  func unloadNow(_ id: String, force: Bool = false, until deadline: Deadline) throws(OperationError)
    -> OperationReport
  {
    let began = Deadline.now()
    guard let plugin = table[id] else { throw unknown(id) }
    guard plugin.isActive else {
      throw OperationError(
        .refused, plugin: id, "\(id) is not active but \(plugin.state.name)",
        advice: "'dovetail why \(id)' says why")
    }
    try refuseWhileLoaderIsStuck()
    let dependents = activeDependents(of: id)
    try refuseCarrier(among: [id] + dependents, "ending \(id)")
    if !dependents.isEmpty, !force {
      throw OperationError(
        .blocked, plugin: id, "\(id) is needed by \(dependents.joined(separator: ", "))",
        advice: "unload \(dependents.reversed().joined(separator: ", then ")) first")
    }
    let before = Int(plugin.current?.number ?? 0)
    if let old = plugin.current { keepPrevious(old) }
    for member in [id] + dependents { endProbations(with: member, because: "\(id) is unloaded") }
    bringDown(dependents.reversed(), until: deadline)
    for dependent in dependents { block(dependent, by: id, "which was unloaded") }
    bringDown([id], until: deadline)
    table.update(id) { $0.isStopped = true }
    var change = change(table[id] ?? plugin, "unloaded")
    change.fromGeneration = before
    change.toGeneration = 0
    return OperationReport(
      operation: "unload", changes: [change], milliseconds: elapsed(since: began),
      warnings: warnings)
  }

  /// Ends plugins, in this order; a reload that is on probation becomes final first.
  func bringDown(
    _ ids: [String], until deadline: Deadline, as state: PluginState? = nil,
    isShutdown: Bool = false
  ) {
    for id in ids { endProbation(id, because: isShutdown ? "the host stops" : "it is unloaded") }
    lifecycle.bringDown(ids, until: deadline, as: state, isShutdown: isShutdown)
  }

  /// Marks a plugin as one that waits for another.
  func block(_ id: String, by other: String, _ reason: String) {
    let need = table[id]?.manifest.requires[other] != nil ? other : "what needs \(other)"
    table.update(id) { $0.state = .blocked(by: "\(id) needs \(need), \(reason)") }
  }

  /// Whether some image's code does not come back from the loader; then the process can only be ended by `_exit`.
  public var isLoaderStuck: Bool {
    guard let activity = loader.activity else { return false }
    return Deadline.now() &- activity.since >= UInt64(configuration.lifecycleDeadline) &* 1_000_000
  }

  /// Refuses to load or unload while some image's code does not come back from the loader.
  func refuseWhileLoaderIsStuck() throws(OperationError) {
    // Operations run one at a time: what the loader is doing now was given up.
    guard let activity = loader.activity else { return }
    let milliseconds = (Deadline.now() &- activity.since) / 1_000_000
    throw OperationError(
      .unavailable, plugin: activity.plugin,
      "the loader is stuck: \(activity.kind.rawValue) \(activity.plugin) (\(activity.source)) has not come back for "
        + "\(milliseconds) ms; nothing can be loaded or unloaded",
      advice: "what runs goes on; restart the host without that build")
  }

  func unknown(_ id: String) -> OperationError {
    let known = table.all.map(\.id)
    return OperationError(
      .notFound, plugin: id, "there is no plugin \(id)" + Spelling.hint(for: id, in: known),
      advice: "see 'dovetail list'")
  }

  /// Active plugins that need a plugin, in start order.
  func activeDependents(of id: String) -> [String] {
    var found: Set<String> = []
    var open = [id]
    while let next = open.popLast() {
      for plugin in table.all where plugin.isActive && plugin.manifest.requires[next] != nil {
        if found.insert(plugin.id).inserted { open.append(plugin.id) }
      }
    }
    return startOrder().filter(found.contains)
  }

  func change(_ plugin: ManagedPlugin, _ action: String) -> OperationReport.Change {
    var change = OperationReport.Change(plugin: plugin.id, action: action, state: plugin.state.name)
    change.toGeneration = Int(plugin.current?.number ?? 0)
    change.toVersion = "\(plugin.manifest.version)"
    change.unload = plugin.lastUnload.map(UnloadReport.init)
    return change
  }

  func elapsed(since began: UInt64) -> Double { Double(Deadline.now() &- began) / 1e6 }

  /// What an operator should know beside the result.
  var warnings: [String] { loader.retired.warning.map { [$0] } ?? [] }

  /// Keeps a copy of a build that is about to be replaced, for `rollback`.
  func keepPrevious(_ generation: Generation) {
    guard case .staged(let staged) = generation.origin else { return }
    let build = PluginBuild(
      id: generation.id, version: "\(generation.manifest.version)", hash: staged.digest,
      generation: generation.number)
    do throws(SystemError) {
      try previousBuilds.keep([
        LastKnownGood.Candidate(
          build: build, image: staged, sidecar: Inspection.sidecarBytes(of: staged.source))
      ])
    } catch {
      core.log.log(
        .warning, generation.id, "no copy of the former build could be kept for rollback: \(error)")
    }
  }
}
