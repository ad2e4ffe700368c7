import EventBus
import HostSupport
import Synchronization

/// What an operator is told of plugins. Readable from any thread.
extension Host {
  /// One plugin in full.
  func report(_ plugin: ManagedPlugin) -> PluginReport { report(plugin, ReportContext(self)) }

  /// One of several plugins in full.
  ///
  /// - Parameters:
  ///   - plugin: Which one.
  ///   - context: What all of them have in common, collected once.
  /// - Returns: What an operator is told.
  func report(_ plugin: ManagedPlugin, _ context: ReportContext) -> PluginReport {
    var report = PluginReport(
      id: plugin.id, version: "\(plugin.manifest.version)", state: plugin.state.name,
      path: plugin.path)
    report.detail = detail(plugin)
    report.summary = plugin.manifest.description.isEmpty ? nil : plugin.manifest.description
    report.generation = Int(min(plugin.current?.number ?? .max, plugin.generations))
    report.contentHash = plugin.current?.hash?.description
    if trust.policy.settings.looksAtContents, case .staged(let staged)? = plugin.current?.origin {
      report.trust = staged.trust.description
    }
    report.toolchain = plugin.manifest.toolchain
    report.unload = unloadReport(plugin)
    report.dependencies = plugin.manifest.requires.keys.sorted()
    report.dependents = context.dependents[plugin.id] ?? []
    report.lastCrash = faults.lastReport(of: plugin.id)
    report.lastError = plugin.lastError ?? plugin.current?.instance.lastError
    report.retiredGenerations = plugin.retiredImages
    report.bytesHeld = plugin.retiredBytes + (plugin.current?.image?.bytes ?? 0)
    report.worker = plugin.current?.worker?.report(standby: plugin.current?.standby)
    report.resources = resources(of: plugin, context)
    report.canRollBack = plugin.probation != nil || formerBuild(of: plugin) != nil
    if plugin.isActive, let generation = plugin.current {
      let state = health.state(of: generation)
      report.health = state.name
      if let reason = state.reason, state.isTrouble, report.detail == nil {
        report.detail = "\(state.name): \(reason)"
      }
    }
    if let instance = plugin.current?.instance {
      report.failed = Int(clamping: instance.failures)
      report.published = Int(clamping: instance.published)
      report.delivered = Int(clamping: plugin.lastDelivered)
      if plugin.isActive { fill(&report, instance, plugin, context) }
    }
    return report
  }

  private func fill(
    _ report: inout PluginReport, _ instance: PluginInstance, _ plugin: ManagedPlugin,
    _ context: ReportContext
  ) {
    let own = context.subscriptions[instance.owner] ?? []
    report.uptimeSeconds = plugin.activeSince.map { Double(Deadline.now() &- $0) / 1e9 }
    report.delivered = Int(clamping: own.reduce(0) { $0 + $1.delivered })
    report.services = (context.services[instance.owner] ?? []).map(\.name)
    report.subscriptions = own.map { "\($0.name) (\($0.options.pattern))" }
  }

  private func detail(_ plugin: ManagedPlugin) -> String? {
    switch plugin.state {
    case .blocked(let by): by
    case .failed(let phase, let error): "\(phase.rawValue): \(error)"
    case .quarantined(let cause): cause
    case .retired(let reason): reason
    case .active where plugin.probation != nil: "on probation"
    default: plugin.isStopped ? "unloaded by an operator" : nil
    }
  }

  private func unloadReport(_ plugin: ManagedPlugin) -> UnloadReport? {
    if !plugin.isActive, let last = plugin.lastUnload { return UnloadReport(last) }
    // Its process takes everything with it.
    if plugin.current?.isIsolated == true { return UnloadReport(.unmappable) }
    guard let facts = plugin.facts else { return nil }
    switch facts.unloadClass(plugin.manifest.unload) {
    case .unmappable: return UnloadReport(.unmappable)
    case .retired(let reason): return UnloadReport(.retired, reasons: [reason])
    }
  }

  /// Why a plugin is in its state, and the smallest fix.
  func explain(_ plugin: ManagedPlugin) -> Explanation {
    var explanation = Explanation(id: plugin.id, state: plugin.state.name, chain: [])
    switch plugin.state {
    case .active, .quiesced:
      explanation.chain = [
        "\(plugin.id) \(plugin.manifest.version) is active (generation \(plugin.current?.number ?? 0))"
      ]
      if let error = plugin.lastError { explanation.chain.append("its last error: \(error)") }
    case .blocked(let chain):
      explanation.chain = [plugin.resolution?.chain ?? chain]
      explanation.fix =
        plugin.resolution?.fix ?? fixOfNeed(of: plugin)
        ?? "make what it needs active, then 'dovetail load \(plugin.id)'"
    case .failed(let phase, let error):
      explanation.chain = [
        "\(plugin.id) \(plugin.manifest.version) failed in \(phase.rawValue): \(error)"
      ]
      explanation.fix =
        "correct the build and put it in place, or try it again with 'dovetail load \(plugin.id)'"
    case .quarantined(let cause):
      let known = quarantine.matching(plugin.id).last?.cause ?? cause
      explanation.chain = [
        "this build of \(plugin.id), \(plugin.manifest.version), is quarantined: \(known)"
      ]
      explanation.fix =
        "put a corrected build in place, or 'dovetail quarantine clear \(plugin.id)' and 'dovetail load \(plugin.id)'"
    default:
      explanation.chain = [
        plugin.isStopped
          ? "\(plugin.id) was unloaded by an operator"
          : "\(plugin.id) is \(plugin.state.name)" + (plugin.lastError.map { ": \($0)" } ?? "")
      ]
      explanation.fix =
        plugin.isStopped || plugin.lastError == nil
        ? "dovetail load \(plugin.id)"
        : "put a usable build in place, then 'dovetail load \(plugin.id)'"
    }
    return explanation
  }

  /// The fix of the plugin at the root of what a plugin needs and does not get.
  private func fixOfNeed(of plugin: ManagedPlugin) -> String? {
    var seen: Set<String> = [plugin.id]
    var next = plugin
    while case .blocked = next.state {
      let needs = next.manifest.requires.keys.sorted().compactMap { table[$0] }
      guard let need = needs.first(where: { !$0.isActive }), seen.insert(need.id).inserted else {
        return nil
      }
      next = need
    }
    return explain(next).fix
  }

  /// The plugins and what they need.
  func graphReport() -> GraphReport {
    let all = table.all
    let known = Dictionary(all.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    var nodes = all.map {
      GraphReport.Node(id: $0.id, version: "\($0.manifest.version)", state: $0.state.name)
    }
    var edges: [GraphReport.Edge] = []
    for plugin in all {
      for (kind, ranges) in [
        ("requires", plugin.manifest.requires), ("optional", plugin.manifest.optional),
        ("conflicts", plugin.manifest.conflicts),
      ] {
        for (other, range) in ranges.sorted(by: { $0.key < $1.key }) {
          let fits = known[other].map { range.contains($0.manifest.version) } ?? false
          edges.append(
            GraphReport.Edge(
              from: plugin.id, to: other, kind: kind, range: "\(range)",
              satisfied: kind == "conflicts" ? !fits : fits))
          if kind == "requires", known[other] == nil, !nodes.contains(where: { $0.id == other }) {
            nodes.append(GraphReport.Node(id: other, version: "", state: "missing"))
          }
        }
      }
      edges += plugin.manifest.before.map {
        .init(from: plugin.id, to: $0, kind: "before", satisfied: known[$0] != nil)
      }
      edges += plugin.manifest.after.map {
        .init(from: plugin.id, to: $0, kind: "after", satisfied: known[$0] != nil)
      }
    }
    return GraphReport(nodes: nodes, edges: edges)
  }

  /// What bringing the plugins in line with the folder would do.
  func planReport() throws(OperationError) -> PlanReport {
    let survey = try survey()
    var steps: [PlanReport.Step] = []
    for id in survey.resolution.order {
      guard let chosen = survey.resolution.chosen[id] else { continue }
      steps.append(planStep(id, chosen))
    }
    for (id, outcome) in survey.resolution.outcomes.sorted(by: { $0.key < $1.key }) {
      guard case .blocked(let blockage) = outcome else { continue }
      steps.append(PlanReport.Step(plugin: id, action: .block, reason: blockage.chain))
    }
    let damaged = Set(survey.problems.map(\.path))
    for plugin in table.all where plugin.isActive && survey.resolution.outcomes[plugin.id] == nil {
      let isDamaged = damaged.contains(plugin.path)
      steps.append(
        PlanReport.Step(
          plugin: plugin.id, action: isDamaged ? .keep : .unload,
          fromVersion: "\(plugin.manifest.version)",
          reason: isDamaged
            ? "its file holds no usable build; what runs goes on" : "its file is gone"))
    }
    return PlanReport(
      order: survey.resolution.order, steps: steps,
      problems: survey.problems.map(\.description) + survey.resolution.notes)
  }

  private func planStep(_ id: String, _ chosen: Candidate) -> PlanReport.Step {
    guard let plugin = table[id], plugin.isActive else {
      return PlanReport.Step(
        plugin: id, action: .load, toVersion: "\(chosen.manifest.version)",
        reason: "it is there and does not run")
    }
    let hash = chosen.path == "builtin" ? nil : try? SHA256Digest(ofFile: chosen.path)
    let isSame = hash == plugin.current?.hash
    return PlanReport.Step(
      plugin: id, action: isSame ? .keep : .reload, fromVersion: "\(plugin.manifest.version)",
      toVersion: "\(chosen.manifest.version)",
      reason: isSame ? "it runs as it is" : "its file holds another build")
  }

  /// The host's own condition.
  var degradedReasons: [String] {
    var reasons = table.all.compactMap { plugin -> String? in
      switch plugin.state {
      case .failed, .quarantined: "\(plugin.id) is \(plugin.state.name)"
      case .active:
        if let current = plugin.current, case .unhealthy(let reason) = health.state(of: current) {
          "\(plugin.id) is unhealthy: \(reason)"
        } else {
          nil
        }
      default: nil
      }
    }
    if let activity = loader.activity {
      let milliseconds = (Deadline.now() &- activity.since) / 1_000_000
      if milliseconds > UInt64(configuration.lifecycleDeadline) {
        reasons.append(
          "loader-stuck: \(activity.kind.rawValue) \(activity.plugin) has not come back for \(milliseconds) ms"
        )
      }
    }
    if let standing = safeMode.standing {
      reasons.append("safe mode (\(standing.level.rawValue)): \(standing.cause)")
    }
    if let problem = recording.problem { reasons.append(problem) }
    if let problem = core.seat.problem { reasons.append(problem) }
    return reasons + faults.damage + warnings
  }
}

extension UnloadReport {
  /// What became of an image.
  init(_ unloading: Unloading) {
    switch unloading {
    case .unmapped: self.init(Outcome.unmapped)
    case .retired(let reason, _): self.init(.retired, reasons: [reason])
    }
  }
}
