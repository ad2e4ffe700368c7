import HostSupport
import Synchronization

/// The way up: staged → loaded → preInit → init → active, each phase for all before the next.
extension Lifecycle {
  /// One plugin on its way up.
  struct Climber: Sendable {
    let generation: Generation
    /// Ids that must be up (or on their way) for it.
    let needs: [String]
  }

  /// Who failed so far, and who is blocked by whom; asked on the runner's thread.
  private final class Casualties: Sendable {
    private let failed = Mutex<[String: String]>([:])

    func fail(_ id: String, _ reason: String) { failed.withLock { $0[id] = reason } }
    func has(_ id: String) -> Bool { failed.withLock { $0[id] != nil } }
    func firstNeed(of climber: Climber) -> String? { climber.needs.first(where: has) }

    /// The chain from what a plugin needs down to what failed, such as `needs b, which failed in init: no disk`.
    func chain(of climber: Climber) -> String {
      guard let need = firstNeed(of: climber) else { return "needs what failed" }
      return "needs \(need), which \(failed.withLock { $0[need] } ?? "failed")"
    }
  }

  /// Brings plugins up, in dependency order. One that fails is unwound and blocks those that need it; the others go on.
  ///
  /// - Parameters:
  ///   - climbers: In start order.
  ///   - isStartup: Whether the host itself is starting.
  /// - Returns: Why an interceptor of `system.pre_startup` refused the start, of which nothing is left then; else `nil`.
  func bringUp(_ climbers: [Climber], isStartup: Bool = false) -> String? {
    let casualties = Casualties()
    for climber in climbers {
      table.update(climber.generation.id) { plugin in
        plugin.current = climber.generation
        plugin.lastDelivered = 0
        plugin.state = .staged
      }
    }
    var rest = rejectUnsupported(climbers, casualties)
    let phases: [(LifecyclePhase, PluginState)] = [
      (.load, .loaded), (.preInit, .preInit), (.initialize, .initialized), (.postInit, .active),
    ]
    for (phase, reached) in phases {
      rest = climb(rest, phase, reached, casualties)
      if phase == .preInit { opening.openLate(isStartup: isStartup) }
      if phase == .preInit, isStartup, let objection = objection(to: rest) {
        for climber in rest.reversed() {
          fall(climber, .initialize, .skipped, "was not started: \(objection)")
        }
        return objection
      }
    }
    settle(rest)
    return nil
  }

  private func objection(to climbers: [Climber]) -> String? {
    events.objection(
      to: "system.pre_startup", ["plugins": .int(Int64(climbers.count))],
      waiting: configuration.lifecycleDeadline)
  }

  /// Blocks those that need a plugin that is neither active nor on its way.
  private func rejectUnsupported(_ climbers: [Climber], _ casualties: Casualties) -> [Climber] {
    var coming: Set<String> = []
    return climbers.filter { climber in
      let id = climber.generation.id
      for need in climber.needs where !coming.contains(need) && table[need]?.isActive != true {
        if !casualties.has(need) { casualties.fail(need, standing(of: need)) }
      }
      guard casualties.firstNeed(of: climber) != nil else {
        coming.insert(id)
        return true
      }
      let chain = casualties.chain(of: climber)
      casualties.fail(id, chain)
      fall(climber, .resolve, .skipped, chain)
      return false
    }
  }

  /// Why a plugin is of no use to others now, in prose.
  private func standing(of id: String) -> String {
    switch table[id]?.state {
    case .failed(let phase, let error): "failed in \(phase.rawValue): \(error)"
    case .quarantined(let cause): "is quarantined: \(cause)"
    case .some(let state): "is \(state.name)"
    case nil: "is not there"
    }
  }

  /// Takes all through one phase.
  ///
  /// - Returns: Those that go on.
  private func climb(
    _ climbers: [Climber], _ phase: LifecyclePhase, _ reached: PluginState, _ casualties: Casualties
  ) -> [Climber] {
    let steps = climbers.map { climber in
      var step = step(climber.generation, phase) { casualties.firstNeed(of: climber) != nil }
      let inner = step.finished
      step.finished = { outcome in
        inner(outcome)
        guard !outcome.isDone else { return }
        let reason =
          outcome.failure.map { "failed in \(phase.rawValue): \($0)" }
          ?? casualties.chain(of: climber)
        casualties.fail(climber.generation.id, reason)
      }
      return step
    }
    let outcomes = runner.run(steps, deadline: configuration.lifecycleDeadline)
    var rest: [Climber] = []
    var fallen: [(Climber, StepOutcome)] = []
    for (climber, outcome) in zip(climbers, outcomes) {
      if outcome.isDone, casualties.firstNeed(of: climber) == nil {
        table.update(climber.generation.id) { $0.state = reached }
        if phase == .load { announceLoaded(climber.generation) }
        rest.append(climber)
      } else {
        fallen.append((climber, outcome))
      }
    }
    for (climber, outcome) in fallen.reversed() {
      fall(climber, phase, outcome, casualties.chain(of: climber))
    }
    return rest
  }

  /// Tells that an image is mapped and speaks this host's ABI.
  func announceLoaded(_ generation: Generation) {
    events.publish(
      "plugin.loaded", subject: generation.id,
      [
        "version": .string("\(generation.manifest.version)"),
        "generation": .int(Int64(generation.number)),
      ])
  }

  /// Unwinds a plugin that did not make it, by exactly the phases it completed.
  private func fall(
    _ climber: Climber, _ phase: LifecyclePhase, _ outcome: StepOutcome, _ chain: String
  ) {
    let generation = climber.generation
    noteFailure(generation, phase, outcome)
    let wasMapped = generation.image != nil
    let unloading = unwind(generation)
    table.update(generation.id) { plugin in
      if wasMapped { plugin.lastUnload = unloading }
      if let failure = outcome.failure {
        plugin.state = .failed(phase: phase, error: failure)
        if case .crashed(let crash) = outcome {
          plugin.state = .quarantined(cause: crash.cause(in: phase.rawValue))
        }
      } else {
        plugin.state = .blocked(by: "\(generation.id) \(chain)")
      }
    }
    events.publish(
      "plugin.failed", subject: generation.id,
      ["phase": .string(phase.rawValue), "error": .string(outcome.failure ?? chain)])
  }

  /// Bookkeeping for those that became active.
  private func settle(_ climbers: [Climber]) {
    let now = Deadline.now()
    for climber in climbers {
      let generation = climber.generation
      table.update(generation.id) { plugin in
        plugin.activeSince = now
        plugin.lastError = nil
      }
      core.log.log(
        .info, generation.id,
        "active: \(generation.manifest.version), generation \(generation.number)")
      events.publish(
        "plugin.active", subject: generation.id,
        [
          "version": .string("\(generation.manifest.version)"),
          "generation": .int(Int64(generation.number)),
        ])
      beginServing(generation)
    }
    keepAsGood(climbers.map(\.generation))
  }

  /// Remembers builds that work, for the next start and for `rollback`.
  func keepAsGood(_ generations: [Generation]) {
    let candidates = generations.compactMap { generation -> LastKnownGood.Candidate? in
      guard let hash = generation.hash, !lastKnownGood.keeps(generation.id, hash) else {
        return nil
      }
      return LastKnownGood.Candidate(generation)
    }
    guard !candidates.isEmpty else { return }
    do throws(SystemError) {
      try lastKnownGood.keep(candidates)
    } catch {
      core.log.log(
        .warning, "last-known-good", "cannot keep copies of the builds that work: \(error)")
    }
  }
}
