import CHostSupport
import EventBus
import Glibc
import HostSupport
import Synchronization

/// Replaces running generations by new ones, all or nothing: any failure before the commit leaves the old ones serving.
///
/// The steps are those of the design: load beside, close gates, drain, quiesce, save, start in the shadow, commit. Threading:
/// control thread only; one `run`, and at most one `rollBack` after it.
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
  }

  init(_ lifecycle: Lifecycle, _ members: [ReloadMember]) {
    self.lifecycle = lifecycle
    self.members = members
  }

  var core: HostCore { lifecycle.core }
  var bus: EventBus { core.bus }
  var root: ReloadMember { members[0] }
  var owners: [Owner] { members.flatMap { core.gatedOwners(of: $0.old.instance) } }
  var callables: [Callable] {
    members.flatMap { core.gatedCallables(of: $0.old.instance) }
  }
  var validators: [Callable] {
    members.flatMap { core.gatedValidators(of: $0.old.instance) }
  }

  /// Carries the reload out.
  ///
  /// - Returns: How long the gates were closed.
  /// - Throws: Why it was given up; the old generations serve then.
  func run() throws(OperationError) -> Success {
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
    commit()
    let pause = Double(Deadline.now() &- progress.withLock { $0.gatesClosedAt }) / 1e6
    for member in members { handover.releaseHeld(of: member.new.instance) }
    return Success(pauseMilliseconds: pause)
  }

  /// Carries out everything that happens behind closed gates but the commit, in one go on the lifecycle's thread: each change
  /// of threads would lengthen the pause by a wake-up.
  private func pause() throws(OperationError) {
    let steps =
      [restStep()] + quiesceSteps() + [lastRestStep()] + saveSteps() + suspendSteps() + startSteps()
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
    try advance(generation, [phase], of: member)
  }

  /// Takes a generation through phases, up to the first that fails, in one go on the lifecycle's thread.
  private func advance(
    _ generation: Generation, _ phases: [LifecyclePhase], of member: ReloadMember
  ) throws(OperationError) {
    let isOver = Atomic(false)
    let steps = phases.map { phase in
      var step = step(generation, phase)
      let finished = step.finished
      step.skip = { isOver.load(ordering: .relaxed) }
      step.finished = { outcome in
        finished(outcome)
        if outcome.failure != nil { isOver.store(true, ordering: .relaxed) }
      }
      return step
    }
    let outcomes = lifecycle.runner.run(
      steps, deadline: lifecycle.configuration.lifecycleDeadline)
    for (phase, outcome) in zip(phases, outcomes) {
      guard let failure = outcome.failure else { continue }
      lifecycle.noteFailure(generation, phase, outcome)
      throw refusal(member, phase, failure)
    }
  }

  // MARK: The two ends

  var handover: Handover { Handover(core: core, events: lifecycle.events) }

  private func commit() {
    let exchanges = members.map {
      handover.begin(from: $0.old, to: $0.new, recorder: $0.log)
    }
    for (member, exchange) in zip(members, exchanges) {
      handover.finish(exchange, from: member.old, to: member.new)
      noteServing(member.new)
      lifecycle.beginServing(member.new)
      // Suspended, it needs none; on the way back it gets one again.
      _ = member.old.setStandby(nil)?.end(whileCallsRun: false)
    }
  }

  /// Notes that a generation serves now.
  func noteServing(_ new: Generation, lastError: String? = nil) {
    lifecycle.table.update(new.id) { plugin in
      plugin.current = new
      plugin.manifest = new.manifest
      plugin.state = .active
      plugin.activeSince = Deadline.now()
      plugin.lastError = lastError
    }
  }

  /// Leaves everything as if nothing had happened. What the old ones do not need is cleaned up once they serve again.
  private func undo() {
    for member in members.reversed() where member.isHandoff {
      if member.new.image != nil, member.sharesImage {
        lifecycle.passImage(from: member.new, to: member.old)
      }
      lifecycle.unwind(member.new, hears: false)
    }
    for member in members {
      if progress.withLock({ $0.cleaned.contains(member.id) }) {
        reviveOrNote(member)
      } else {
        resume(member)
      }
    }
    bus.openGates(of: owners, callables: callables + validators)
    for member in members { lifecycle.beginServing(member.old) }
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

  /// Starts the old build again, from the same image and the saved state, in the place of its generation that has ended.
  ///
  /// - Returns: What serves now.
  /// - Throws: Why it could not be started; the old generation is as it was.
  func revive(_ member: ReloadMember) throws(OperationError) -> Generation {
    let again = try startAgain(member, image: member.old)
    handover.run(from: member.old, to: again, recorder: nil)
    noteServing(again)
    handover.releaseHeld(of: again.instance)
    // Whoever waited for it goes first.
    sched_yield()
    end(member.old)
    lifecycle.beginServing(again)
    return again
  }

  private func reviveOrNote(_ member: ReloadMember) {
    do throws(OperationError) {
      _ = try revive(member)
    } catch {
      noteNotRevived(member, error)
      end(member.old)
    }
  }

  /// Starts the old build of a member that was cleaned up once more, in the shadow, with the saved state.
  ///
  /// - Parameters:
  ///   - member: Its old generation has ended.
  ///   - holder: Has the image.
  /// - Returns: A generation that waits for its handover.
  /// - Throws: Why it could not be started; nothing of it is left.
  func startAgain(
    _ member: ReloadMember, image holder: Generation
  ) throws(OperationError) -> Generation {
    let again = try lifecycle.generation(
      member.id, member.old.manifest, member.old.origin, sharing: holder)
    again.instance.setMode(.shadow)
    lifecycle.passImage(from: holder, to: again)
    do throws(OperationError) {
      try advance(again, [.load, .preInit, .initialize, .restoreState, .postInit], of: member)
      return again
    } catch {
      // Its files are needed again when it is tried once more.
      if again.isIsolated { lifecycle.passImage(from: again, to: holder) }
      // Nothing of it is left to serve: what it registered must not be called.
      lifecycle.unwind(again, hears: false)
      throw error
    }
  }

  func noteNotRevived(_ member: ReloadMember, _ error: OperationError) {
    lifecycle.table.update(member.id) { plugin in
      plugin.state = .failed(phase: .resume, error: error.message)
      plugin.lastError = error.message
    }
  }

  /// Revokes what a generation registered that was cleaned up already.
  func end(_ generation: Generation) {
    generation.forgetProgress()
    lifecycle.unwind(generation, hears: false)
  }
}
