import EventBus
public import HostSupport

/// Starting with less than everything, and the way back.
extension Host {
  /// Why a build does not run in safe mode, as the end of a sentence that begins with its id; `nil` when it may.
  func heldBack(_ record: PluginRecord, _ id: String) -> Candidate.Refusal? {
    guard let standing = safeMode.standing else { return nil }
    var reason = "is held back in safe mode (\(standing.level.rawValue)): \(standing.cause)"
    if standing.level == .knownGood {
      guard let hash = try? SHA256Digest(ofFile: record.path), safeMode.good.keeps(id, hash) else {
        reason += "; it was not there as it is in the last good run"
        return Candidate.Refusal(kind: .heldBack, reason: reason, fix: Self.wayOut)
      }
      return nil
    }
    return Candidate.Refusal(kind: .heldBack, reason: reason, fix: Self.wayOut)
  }

  private static let wayOut = "dovetail safe-mode leave"

  /// The kept builds that may take the place of others now.
  var keptBuilds: LastKnownGood? {
    switch safeMode.standing?.level {
    case nil: lastKnownGood
    case .knownGood: safeMode.good
    case .noPlugins: nil
    }
  }

  /// What an operator is told of safe mode; `nil` when the host is not in it.
  var safeModeReport: SafeModeReport? {
    guard let standing = safeMode.standing else { return nil }
    let heldBack = table.all.filter { $0.resolution?.kind == .heldBack && !$0.isActive }
    return SafeModeReport(
      level: standing.level.rawValue, cause: standing.cause,
      since: LogTime.rfc3339(Int64(standing.since * 1e9)), byHand: standing.isByHand,
      heldBack: heldBack.map(\.id))
  }

  /// The level of safe mode that the host is in; `nil` when it is not.
  public var isInSafeMode: String? { safeMode.standing?.level.rawValue }

  /// Says loudly that the host has started in safe mode.
  func reportSafeMode() {
    guard let report = safeModeReport else { return }
    let held = report.heldBack.isEmpty ? "none" : report.heldBack.joined(separator: ", ")
    core.log.log(
      .error, "safe-mode",
      "SAFE MODE (\(report.level)): \(report.cause); held back: \(held); "
        + "'dovetail safe-mode leave' starts them")
    events.publish(
      "system.safe_mode", ["level": .string(report.level), "cause": .string(report.cause)])
  }

  /// Leaves safe mode: what was held back is started now, and nothing is at the next start.
  ///
  /// - Parameter deadline: Bounds the wait; the operation itself goes on.
  /// - Returns: What it was left from, with the plugins that still do not run for other reasons.
  /// - Throws: `refused` when the host is not in safe mode.
  public func leaveSafeMode(deadline: Deadline) throws(OperationError) -> SafeModeReport {
    try operate(deadline) { host throws(OperationError) in try host.leaveSafeModeNow() }
  }

  private func leaveSafeModeNow() throws(OperationError) -> SafeModeReport {
    guard var report = safeModeReport else {
      throw OperationError(.refused, "the host is not in safe mode")
    }
    do throws(SystemError) { try safeMode.leave() } catch {
      core.log.log(
        .error, "safe-mode", "it is left, but the next start does not know it: \(error)")
    }
    core.log.log(.warning, "safe-mode", "an operator left it; what was held back is started")
    events.publish(
      "system.safe_mode", ["level": .string("off"), "cause": .string("an operator left it")])
    // As if every file had just been put there: kept builds give way to those of the folder.
    let survey = try survey()
    follow(survey.records.keys.sorted().map { FolderChange(kind: .changed, path: $0) })
    report.heldBack = report.heldBack.filter { id in
      survey.resolution.outcomes[id] != nil && table[id]?.isActive != true
    }
    return report
  }

  // MARK: The last good run

  /// Keeps, now and then, the builds that have run long enough.
  func watchGoodRun() {
    let milliseconds = configuration.supervision.stableSeconds * 1_000
    control.submit(afterMilliseconds: milliseconds) { [weak self] in
      guard let self else { return }
      keepGoodRun(olderThan: UInt64(milliseconds) &* 1_000_000)
      watchGoodRun()
    }
  }

  /// Keeps the builds that run, as those of a good run. Control thread only.
  ///
  /// - Parameter age: Nanoseconds that they must have run.
  func keepGoodRun(olderThan age: UInt64) {
    let now = Deadline.now()
    let candidates = table.all.compactMap { plugin -> LastKnownGood.Candidate? in
      guard plugin.isActive, plugin.probation == nil, let since = plugin.activeSince,
        now &- since >= age, let generation = plugin.current, !generation.isTainted
      else { return nil }
      return LastKnownGood.Candidate(generation)
    }
    do throws(SystemError) { try safeMode.good.keep(candidates) } catch {
      core.log.log(
        .warning, "safe-mode", "cannot keep copies of the builds of a good run: \(error)")
    }
  }
}

extension LastKnownGood.Candidate {
  /// A generation that works; `nil` for code that is linked into the host.
  init?(_ generation: Generation) {
    guard case .staged(let staged) = generation.origin else { return nil }
    self.init(
      build: PluginBuild(
        id: generation.id, version: "\(generation.manifest.version)", hash: staged.digest,
        generation: generation.number),
      image: staged, sidecar: Inspection.sidecarBytes(of: staged.source))
  }
}
