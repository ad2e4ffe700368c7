import EventBus
import HostSupport
import Synchronization

/// Bringing the plugins in line with the plugin folder. Control thread only.
extension Host {
  /// What a look at the folder found.
  struct Survey {
    let resolution: Resolution
    let records: [String: PluginRecord]
    let problems: [DiscoveryProblem]
    let scan: ScanResult?

    /// The file that stands for a plugin of which no build was chosen, such as one of two with the same version.
    func path(ofRefused id: String) -> String? {
      resolution.superseded.first { $0.id == id }?.path
        ?? records.filter { (try? $0.value.manifest().id) == id }.keys.min()
    }
  }

  /// Reads the folder and decides who starts in which order. Touches nothing that runs.
  ///
  /// - Parameter extra: A file that an operator named, beside the folder's.
  /// - Returns: What was found and decided.
  /// - Throws: `OperationError` when the folder cannot be read.
  func survey(extra: PluginRecord? = nil) throws(OperationError) -> Survey {
    trust.known.forget()
    var records: [String: PluginRecord] = [:]
    var candidates = builtinCandidates()
    let result = try scan()
    var problems = result?.problems ?? []
    let others = runningElsewhere(than: result, extra)
    for record in (result?.records ?? []) + others + (extra.map { [$0] } ?? []) {
      do throws(DiscoveryProblem) {
        candidates.append(candidate(record, try record.manifest()))
        records[record.path] = record
      } catch {
        problems.append(error)
      }
    }
    candidates += lastKnownGoodCandidates(beside: candidates)
    candidates += lastKnownGoodCandidates(insteadOf: problems, beside: candidates)
    var resolver = Resolver(candidates: candidates)
    resolver.disabled = Set(configuration.disabled)
    resolver.stopped = Set(table.all.filter(\.isStopped).map(\.id))
    for record in others { resolver.pinned.merge(pin(record)) { $1 } }
    if let extra { resolver.pinned.merge(pin(extra)) { $1 } }
    return Survey(
      resolution: resolver.resolve(), records: records, problems: problems, scan: result)
  }

  /// The files of running plugins that an operator loaded from outside the folder: they count as if they lay in it.
  private func runningElsewhere(than scan: ScanResult?, _ extra: PluginRecord?) -> [PluginRecord] {
    let known = Set((scan?.records ?? []).map(\.path) + (extra.map { [$0.path] } ?? []))
    return table.all.compactMap { plugin in
      guard plugin.isActive, plugin.path != "builtin", !known.contains(plugin.path),
        !plugin.path.hasPrefix(configuration.plugins + "/"),
        !plugin.path.hasPrefix(state.path + "/"),
        extra == nil || (try? extra?.manifest().id) != plugin.id
      else { return nil }
      return try? record(ofFile: plugin.path)
    }
  }

  private func pin(_ record: PluginRecord) -> [String: String] {
    guard let id = try? record.manifest().id else { return [:] }
    return [id: record.path]
  }

  private func scan() throws(OperationError) -> ScanResult? {
    guard configuration.mode != .builtin else { return nil }
    do throws(SystemError) {
      return try PluginScanner(
        directory: configuration.plugins, includes: configuration.includes,
        excludes: configuration.excludes,
        cache: registry
      ).scan()
    } catch {
      throw OperationError(
        .failed, "the plugin folder \(configuration.plugins) cannot be read: \(error)",
        advice: "make it, or give --plugins DIR")
    }
  }

  private func builtinCandidates() -> [Candidate] {
    guard configuration.mode != .directory else { return [] }
    return builtins.map { Candidate(manifest: $0.manifest, path: "builtin") }
  }

  /// A file as the resolver sees it, with everything that speaks against it.
  private func candidate(_ record: PluginRecord, _ manifest: Manifest) -> Candidate {
    let facts = record.facts()
    if let reason = facts.refusal(toolchain: manifest.toolchain, runtime: Dovetail.runtime) {
      return Candidate(
        manifest: manifest, path: record.path,
        refusal: Candidate.Refusal(
          kind: .incompatible, reason: reason, fix: "rebuild it, or isolate it with its own runtime"
        ))
    }
    if let entry = quarantined(record, manifest.id) {
      return Candidate(
        manifest: manifest, path: record.path,
        refusal: Candidate.Refusal(
          kind: .quarantined, reason: "is quarantined: \(entry.cause)",
          fix: "put a corrected build in place, or 'dovetail quarantine clear \(manifest.id)'"))
    }
    if let refusal = heldBack(record, manifest.id) ?? untrusted(record) {
      return Candidate(manifest: manifest, path: record.path, refusal: refusal)
    }
    do throws(SettingsError) {
      _ = try manifest.settings.apply(to: configuration.settings[manifest.id] ?? .object([:]))
    } catch {
      return Candidate(
        manifest: manifest, path: record.path,
        refusal: Candidate.Refusal(
          kind: .settings, reason: "has settings that do not fit its schema: \(error)",
          fix: "correct \"settings\": {\"\(manifest.id)\": …} in the configuration"))
    }
    return Candidate(manifest: manifest, path: record.path)
  }

  /// What speaks against a file that lies in its folder; what is staged of it is looked at anew.
  private func untrusted(_ record: PluginRecord) -> Candidate.Refusal? {
    let hash = record.contentHash.flatMap { SHA256Digest(bytes: $0) }
    do throws(TrustRefusal) {
      _ = try trust.policy.examine(
        record.path, record.facts(), hash: hash, sidecar: record.sidecarBytes(), known: trust.known)
      return nil
    } catch {
      return Candidate.Refusal(
        kind: .untrusted, reason: "is not trusted: \(error.reason)", fix: error.fix)
    }
  }

  /// Hashes a file only where a build of its plugin is in quarantine.
  private func quarantined(_ record: PluginRecord, _ id: String) -> Quarantine.Entry? {
    let entries = quarantine.matching(id)
    guard !entries.isEmpty, let hash = try? SHA256Digest(ofFile: record.path) else { return nil }
    return entries.first { $0.hash == hash }
  }

  /// Kept copies of builds whose newer ones are quarantined or held back.
  private func lastKnownGoodCandidates(beside candidates: [Candidate]) -> [Candidate] {
    guard let kept = keptBuilds else { return [] }
    return candidates.compactMap { candidate in
      guard let kind = candidate.refusal?.kind, kind == .quarantined || kind == .heldBack,
        let (entry, path) = kept.build(of: candidate.manifest.id),
        quarantine.why(entry.hash) == nil, let inspection = try? Inspection(path: path)
      else { return nil }
      core.log.log(
        .warning, entry.id,
        "its build \(candidate.manifest.version) is \(kind == .quarantined ? "quarantined" : "held back"); "
          + "the last known good one, \(entry.version), is used")
      return Candidate(manifest: inspection.manifest, path: path)
    }
  }

  /// Kept copies of builds whose files hold no usable build any more.
  private func lastKnownGoodCandidates(
    insteadOf problems: [DiscoveryProblem], beside candidates: [Candidate]
  ) -> [Candidate] {
    guard !problems.isEmpty, let kept = keptBuilds else { return [] }
    let known = Set(candidates.map(\.manifest.id))
    return problems.compactMap { problem in
      let name = problem.path.split(separator: "/").last.map(String.init)
      guard let id = kept.list.first(where: { $0.file == name })?.id, !known.contains(id),
        let (entry, path) = kept.build(of: id), quarantine.why(entry.hash) == nil,
        let inspection = try? Inspection(path: path)
      else { return nil }
      // What was started from a file that is damaged now goes on by itself.
      let isActive = table[id]?.isActive == true
      guard !isActive || table[id]?.path == path else { return nil }
      if !isActive {
        core.log.log(
          .warning, id,
          "\(problem.path) holds no usable build; the last known good one, \(entry.version), is used until it does"
        )
      }
      return Candidate(manifest: inspection.manifest, path: path)
    }
  }

  /// Looks at the folder and starts what can start and does not run.
  func reconcile(extra: PluginRecord? = nil, isStartup: Bool = false) throws(OperationError) {
    let survey = try survey(extra: extra)
    record(survey)
    let order = survey.resolution.order
    faults.order.withLock { $0 = order }
    let waiting = order.filter { id in
      guard let plugin = table[id] else { return true }
      return !plugin.isActive && !isBeyondRepair(plugin, survey)
    }
    if !waiting.isEmpty { try refuseWhileLoaderIsStuck() }
    let climbers = try stage(waiting, survey)
    let objection = lifecycle.bringUp(climbers, isStartup: isStartup)
    rememberHashes(survey, climbers)
    if let objection {
      throw OperationError(
        .refused, "an interceptor of system.pre_startup refused the start: \(objection)",
        advice: "do what it asks for, or take its plugin out of the plugin folder")
    }
  }

  /// A build that failed is not tried again by itself; another file is.
  private func isBeyondRepair(_ plugin: ManagedPlugin, _ survey: Survey) -> Bool {
    switch plugin.state {
    case .failed, .quarantined:
      guard let path = survey.resolution.chosen[plugin.id]?.path, path == plugin.path else {
        return false
      }
      if path == "builtin" { return plugin.current != nil }
      guard let hash = plugin.current?.hash else { return false }
      return (try? SHA256Digest(ofFile: path)) == hash
    default: return false
    }
  }

  /// Enters what the survey found into the table.
  private func record(_ survey: Survey) {
    for problem in survey.problems {
      core.log.log(.warning, "discovery", "\(problem)")
    }
    for (id, candidate) in survey.resolution.chosen {
      let isNew = table[id] == nil
      table.meet(id, path: candidate.path, manifest: candidate.manifest)
      table.update(id) { plugin in
        plugin.resolution = survey.resolution.blockage(of: id)
        guard !plugin.isActive else { return }
        plugin.path = candidate.path
        plugin.manifest = candidate.manifest
        plugin.facts = survey.records[candidate.path]?.facts()
        apply(plugin.resolution, to: &plugin)
      }
      if isNew {
        events.publish(
          "plugin.discovered", subject: id,
          ["path": .string(candidate.path), "version": .string("\(candidate.manifest.version)")])
      }
    }
    for (id, outcome) in survey.resolution.outcomes {
      guard case .blocked(let blockage) = outcome, survey.resolution.chosen[id] == nil else {
        continue
      }
      guard let path = survey.path(ofRefused: id),
        let manifest = try? survey.records[path]?.manifest()
      else { continue }
      table.meet(id, path: path, manifest: manifest)
      table.update(id) { plugin in
        if !plugin.isActive { apply(blockage, to: &plugin) }
      }
    }
  }

  private func apply(_ blockage: Blockage?, to plugin: inout ManagedPlugin) {
    plugin.resolution = blockage
    guard let blockage else {
      if case .blocked = plugin.state { plugin.state = .resolved }
      if plugin.state == .discovered { plugin.state = .resolved }
      return
    }
    if case .failed = plugin.state { return }
    if plugin.isStopped, plugin.state != .discovered, plugin.state != .resolved { return }
    plugin.state =
      blockage.kind == .quarantined
      ? .quarantined(cause: blockage.chain) : .blocked(by: blockage.chain)
  }

  /// Makes generations of staged copies (or of builtins), in start order.
  func stage(_ ids: [String], _ survey: Survey) throws(OperationError) -> [Lifecycle.Climber] {
    let files = ids.compactMap { id -> (id: String, candidate: Candidate)? in
      guard let candidate = survey.resolution.chosen[id], candidate.path != "builtin" else {
        return nil
      }
      return (id, candidate)
    }
    let requests = files.map { file in
      let record = survey.records[file.candidate.path]
      expect(file.candidate, record)
      return StagingRequest(
        path: file.candidate.path, label: file.id,
        generation: (table[file.id]?.generations ?? 0) + 1)
    }
    let staged = Dictionary(
      zip(files.map(\.id), lifecycle.stager.stageAll(requests)), uniquingKeysWith: { $1 })
    var climbers: [Lifecycle.Climber] = []
    for id in ids {
      guard let climber = climber(id, survey, staged[id]) else { continue }
      climbers.append(climber)
    }
    return climbers
  }

  private func expect(_ candidate: Candidate, _ record: PluginRecord?) {
    lifecycle.inspector.expect(
      candidate.path, sidecar: sidecar(of: candidate.path, record).map(SHA256Digest.of))
    guard let record else { return }
    lifecycle.inspector.expect(
      candidate.path,
      StagingInspector.Expectation(
        manifest: candidate.manifest, facts: record.facts(), hash: record.contentHash))
  }

  /// The manifest beside a file that is to be staged; a copy that the host kept has no record.
  private func sidecar(of path: String, _ record: PluginRecord?) -> [UInt8]? {
    if let record { return record.sidecarBytes() }
    guard let inspection = try? Inspection(path: path), inspection.sidecar != nil else {
      return nil
    }
    return inspection.manifestBytes
  }

  private func climber(
    _ id: String, _ survey: Survey, _ staged: Result<StagedImage, StagingError>?
  ) -> Lifecycle.Climber? {
    guard let candidate = survey.resolution.chosen[id] else { return nil }
    do throws(OperationError) {
      let origin: Generation.Origin
      switch staged {
      case .success(let image): origin = .staged(image)
      case .failure(let error): throw OperationError(.failed, plugin: id, "\(error)")
      case nil:
        guard let builtin = builtins.first(where: { $0.manifest.id == id }) else { return nil }
        origin = .builtin(builtin)
      }
      let generation = try lifecycle.generation(id, candidate.manifest, origin)
      return Lifecycle.Climber(
        generation: generation, needs: survey.resolution.dependencies(of: id))
    } catch {
      table.update(id) { plugin in
        plugin.state = .failed(phase: .stage, error: error.message)
        plugin.lastError = error.message
      }
      core.log.log(.error, id, error.message)
      return nil
    }
  }

  private func rememberHashes(_ survey: Survey, _ climbers: [Lifecycle.Climber]) {
    guard let scan = survey.scan, scan.records.contains(where: { $0.contentHash == nil }) else {
      return
    }
    var hashes: [String: [UInt8]] = [:]
    for record in scan.records { hashes[record.name] = record.contentHash }
    for climber in climbers {
      guard case .staged(let staged) = climber.generation.origin,
        let record = survey.records[staged.source]
      else { continue }
      hashes[record.name] = Array(staged.digest.bytes)
    }
    try? registry.remember(hashes: hashes, of: scan)
  }
}
