import CHostSupport
import EventBus
import HostSupport
import Synchronization

/// Replaces running generations by new ones, all or nothing: any failure before the commit leaves the old ones serving.
///
/// The steps are those of the design: load beside, close gates, drain, quiesce, save, start in the shadow, commit. Threading:
/// control thread only; one use.
final class ReloadTransaction: Sendable {
  let lifecycle: Lifecycle
  /// Root first, then its dependents in start order.
  let members: [ReloadMember]
  let progress = Mutex(Progress())

  /// What was reached behind the closed gates; noted by the steps themselves, on the lifecycle's thread.
  struct Progress {
    var saved: [String: SavedState] = [:]
    var quiesced: Set<String> = []
    var cleaned: Set<String> = []
    var gatesClosedAt: UInt64 = 0
    /// Why no further step is taken.
    var failure: OperationError?
    /// The step that failed.
    var failed: (generation: Generation, phase: LifecyclePhase, outcome: StepOutcome)?
    /// Why old generations, by id, did not come back from their rest as they should.
    var resumeFailures: [String: StepOutcome] = [:]
  }

  /// What a reload did.
  struct Success {
    /// Milliseconds for which the gates were closed.
    let pauseMilliseconds: Double
    /// Set where the new generation is on probation.
    let log: ProbationLog?
  }

  init(_ lifecycle: Lifecycle, _ members: [ReloadMember]) {
    self.lifecycle = lifecycle
    self.members = members
  }

  var core: HostCore { lifecycle.core }
  var bus: EventBus { core.bus }
  var root: ReloadMember { members[0] }
  var owners: [Owner] { members.map(\.old.instance.owner) }
  var callables: [Callable] {
    members.flatMap { core.gatedCallables(of: $0.old.instance) }
  }

  /// Carries the reload out.
  ///
  /// - Parameter log: Records what the new root receives, when it is to be on probation.
  /// - Returns: How long the gates were closed.
  /// - Throws: Why it was given up; the old generations serve then.
  func run(log: ProbationLog?) throws(OperationError) -> Success {
    do throws(OperationError) {
      try checkState()
      try prepare()
    } catch {
      for member in members.reversed() { lifecycle.unwind(member.new, hears: false) }
      throw error
    }
    do throws(OperationError) {
      try pause()
    } catch {
      undo()
      guard let (generation, phase, outcome) = progress.withLock({ $0.failed }),
        let member = members.first(where: { $0.old === generation || $0.new === generation }),
        let failure = outcome.failure
      else { throw error }
      lifecycle.noteFailure(generation, phase, outcome)
      throw refusal(member, phase, failure)
    }
    commit(log)
    let pause = Double(Deadline.now() &- progress.withLock { $0.gatesClosedAt }) / 1e6
    let handover = Handover(core: core, events: lifecycle.events)
    for member in members { handover.releaseHeld(of: member.new.instance) }
    return Success(pauseMilliseconds: pause, log: log)
  }

  /// Carries out everything that happens behind closed gates but the commit, in one go on the lifecycle's thread: each change
  /// of threads would lengthen the pause by a wake-up.
  private func pause() throws(OperationError) {
    let steps = [restStep()] + quiesceSteps() + saveSteps() + suspendSteps() + startSteps()
    _ = lifecycle.runner.run(steps, deadline: lifecycle.configuration.lifecycleDeadline)
    if let failure = progress.withLock({ $0.failure }) { throw failure }
  }

  // MARK: Before anything is touched

  /// Refuses a build that its manifest says cannot take the state over: nothing of it has run yet.
  private func checkState() throws(OperationError) {
    guard root.old.hasState, let saved = root.old.manifest.state else { return }
    let contract = root.new.manifest.state
    if let contract, contract.schema == saved.schema, contract.accepts.contains(saved.version) {
      return
    }
    throw OperationError(
      .blocked, plugin: root.id,
      "\(root.id) \(root.new.manifest.version) does not accept the state of \(root.old.manifest.version): schema "
        + "\(saved.schema) version \(saved.version); generation \(root.old.number) goes on",
      advice:
        "list that version in \"state\": {\"accepts\": […]}, or unload and load it to start without state"
    )
  }

  /// Loads the new root beside the old one and runs its `pre_init`.
  private func prepare() throws(OperationError) {
    for member in members { member.new.instance.setMode(.shadow) }
    for phase in [LifecyclePhase.load, .preInit] where !root.sharesImage {
      try advance(root.new, phase, of: root)
      if phase == .load { try checkLoaded() }
    }
  }

  private func checkLoaded() throws(OperationError) {
    lifecycle.announceLoaded(root.new)
    guard root.old.hasState, !root.new.canRestore else { return }
    throw refusal(root, .load, "its manifest accepts state, but its restore_state is NULL")
  }

  func refusal(
    _ member: ReloadMember, _ phase: LifecyclePhase, _ reason: String
  ) -> OperationError {
    let isOld = [.quiesce, .saveState, .cleanup].contains(phase)
    let version = isOld ? member.old.manifest.version : member.new.manifest.version
    return OperationError(
      .failed, plugin: member.id,
      "the reload of \(root.id) was given up in \(phase.rawValue) of \(member.id) \(version): \(reason); "
        + "generation \(member.old.number) (\(member.old.manifest.version)) \(fate(of: member))",
      advice: "correct the build and put it in place again")
  }

  /// What becomes of an old generation whose reload was given up.
  private func fate(of member: ReloadMember) -> String {
    let resumed = progress.withLock { $0.resumeFailures[member.id]?.failure }
    switch (resumed, member.old.isTainted) {
    case (nil, false): return "goes on"
    case (nil, true): return "is taken out of service"
    case (let failure?, false): return "goes on, but its resume failed: \(failure)"
    case (let failure?, true): return "is taken out of service, as its resume failed: \(failure)"
    }
  }

  /// The phase in which the root's old generation broke, once the reload was given up; `nil` when it goes on.
  var breakingPhase: LifecyclePhase? {
    guard root.old.isTainted else { return nil }
    return progress.withLock { progress in
      progress.resumeFailures[root.id] == nil ? progress.failed?.phase : .resume
    }
  }

  // MARK: One phase at a time

  private func advance(
    _ generation: Generation, _ phase: LifecyclePhase, of member: ReloadMember
  ) throws(OperationError) {
    let outcome = self.outcome(generation, phase)
    guard let failure = outcome.failure else { return }
    lifecycle.noteFailure(generation, phase, outcome)
    throw refusal(member, phase, failure)
  }

  private func outcome(_ generation: Generation, _ phase: LifecyclePhase) -> StepOutcome {
    lifecycle.runner.run(
      [step(generation, phase)], deadline: lifecycle.configuration.lifecycleDeadline
    ).first
      ?? .skipped
  }

  // MARK: The two ends

  private func commit(_ log: ProbationLog?) {
    for member in members {
      let isRoot = member.id == root.id
      handOver(from: member.old, to: member.new, recorder: isRoot && !member.isHandoff ? log : nil)
    }
  }

  /// Swaps routing; from here on the successor serves.
  private func handOver(from old: Generation, to new: Generation, recorder: ProbationLog?) {
    Handover(core: core, events: lifecycle.events).run(from: old, to: new, recorder: recorder)
    lifecycle.table.update(new.id) { plugin in
      plugin.current = new
      plugin.manifest = new.manifest
      plugin.state = .active
      plugin.activeSince = Deadline.now()
      plugin.lastError = nil
    }
  }

  /// Leaves everything as if nothing had happened. What the old ones do not need is cleaned up once they serve again.
  private func undo() {
    for member in members.reversed() where member.isHandoff {
      if member.new.image != nil, member.sharesImage { member.new.passImage(to: member.old) }
      lifecycle.unwind(member.new, hears: false)
    }
    for member in members {
      if progress.withLock({ $0.cleaned.contains(member.id) }) {
        revive(member)
      } else {
        resume(member)
      }
    }
    bus.openGates(of: owners, callables: callables)
    for member in members.reversed() where !member.isHandoff {
      lifecycle.unwind(member.new, hears: false)
    }
  }

  private func resume(_ member: ReloadMember) {
    member.old.instance.setMode(.open)
    if progress.withLock({ $0.quiesced.contains(member.id) }), !member.old.isTainted {
      let outcome = lifecycle.run(member.old, .resume)
      lifecycle.noteFailure(member.old, .resume, outcome)
      if outcome.failure != nil {
        progress.withLock { $0.resumeFailures[member.id] = outcome }
      }
    }
    lifecycle.table.update(member.id) { $0.state = .active }
  }

  /// Starts the old build of a hand-off again, from the same image and the saved state.
  private func revive(_ member: ReloadMember) {
    var attempt: Generation?
    do throws(OperationError) {
      let again = try lifecycle.generation(
        member.id, member.old.manifest, member.old.origin, sharesFiles: true)
      attempt = again
      again.instance.setMode(.shadow)
      member.old.passImage(to: again)
      for phase in [LifecyclePhase.load, .preInit, .initialize, .restoreState, .postInit] {
        try advance(again, phase, of: member)
      }
      handOver(from: member.old, to: again, recorder: nil)
      Handover(core: core, events: lifecycle.events).releaseHeld(of: again.instance)
      end(member.old)
    } catch {
      // Nothing of it is left to serve: what it registered must not be called.
      if let attempt { lifecycle.unwind(attempt, hears: false) }
      end(member.old)
      lifecycle.table.update(member.id) { plugin in
        plugin.state = .failed(phase: .resume, error: error.message)
        plugin.lastError = error.message
      }
    }
  }

  /// Revokes what a generation registered that was cleaned up already.
  private func end(_ generation: Generation) {
    generation.forgetProgress()
    lifecycle.unwind(generation, hears: false)
  }
}
