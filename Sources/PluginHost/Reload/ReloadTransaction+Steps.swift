import EventBus
import HostSupport
import Synchronization

/// What happens between the closing of the gates and the commit, as steps of the lifecycle's thread.
///
/// Once a step has failed, those after it are left out.
extension ReloadTransaction {
  private typealias Step = LifecycleRunner.Step

  private var hasFailed: Bool { progress.withLock { $0.failure != nil } }

  /// One phase of one generation, by itself: its failure is the caller's to handle.
  func step(_ generation: Generation, _ phase: LifecyclePhase) -> LifecycleRunner.Step {
    guard phase == .restoreState else { return lifecycle.step(generation, phase) }
    return Step(generation: generation, phase: phase) { [self] in
      restore($0)
    } finished: {
      if $0.taints { generation.taint() }
    }
  }

  /// The same as one of a series: it is left out after a failure, and its own failure ends the series.
  private func link(
    _ step: LifecycleRunner.Step, of member: ReloadMember,
    then: @escaping @Sendable (StepOutcome) -> Void = { _ in }
  ) -> LifecycleRunner.Step {
    var linked = step
    linked.skip = { [self] in hasFailed }
    linked.finished = { [self] outcome in
      if outcome == .skipped { return }
      step.finished(outcome)
      then(outcome)
      guard let failure = outcome.failure else { return }
      let error = refusal(member, step.phase, failure)
      progress.withLock { progress in
        progress.failure = error
        progress.failed = (step.generation, step.phase, outcome)
      }
    }
    return linked
  }

  // MARK: Rest

  /// Closes the gates and waits until nothing runs in the closure.
  func restStep() -> LifecycleRunner.Step {
    let limits = lifecycle.configuration
    return Step(
      generation: root.old, phase: .quiesce,
      body: { [self] _ in
        progress.withLock { $0.gatesClosedAt = Deadline.now() }
        bus.closeGates(of: owners, callables: callables)
        do throws(OperationError) {
          try drain()
        } catch {
          progress.withLock { $0.failure = error }
        }
        return .done
      }, patience: limits.drainDeadline + limits.lifecycleDeadline)
  }

  /// The same for validators, which judged what the closure wrote until it was quiet.
  func lastRestStep() -> LifecycleRunner.Step {
    let limits = lifecycle.configuration
    var step = Step(
      generation: root.old, phase: .quiesce,
      body: { [self] _ in
        bus.closeGates(of: [], callables: validators)
        do throws(OperationError) {
          try drain(withValidators: true)
        } catch {
          progress.withLock { $0.failure = error }
        }
        return .done
      }, patience: limits.drainDeadline + limits.lifecycleDeadline)
    step.skip = { [self] in hasFailed || validators.isEmpty }
    return step
  }

  /// Waits level by level, dependents first, until nothing runs in the closure.
  private func drain(withValidators: Bool = false) throws(OperationError) {
    let deadline = Deadline.after(milliseconds: lifecycle.configuration.drainDeadline)
    // A thread inside one of them may enter another that is at rest already: only all at once counts.
    while let busy = busyMember(withValidators, until: deadline) {
      guard deadline.hasPassed else { continue }
      core.losses.note(.drainTimeout, busy.member.id)
      throw OperationError(
        .timeout, plugin: busy.member.id,
        "the reload of \(root.id) was given up: \(busy.calls) calls and \(busy.jobs) tasks of \(busy.member.id) did not come "
          + "to rest within \(lifecycle.configuration.drainDeadline) ms; generation \(busy.member.old.number) goes on",
        advice: "see what blocks in \(busy.member.id), or raise drainDeadline")
    }
  }

  /// Waits for each member in turn, then looks at all once more.
  private func busyMember(
    _ withValidators: Bool, until deadline: Deadline
  ) -> (member: ReloadMember, calls: Int, jobs: Int)? {
    for limit in [deadline, Deadline(nanoseconds: 0)] {
      for member in members.reversed() {
        var calls = bus.drain(member.old.instance.owner, until: limit)
        if withValidators { calls += bus.drain(member.old.instance.judging, until: limit) }
        let jobs = lifecycle.drainJobs(member.old, until: limit)
        if calls + jobs > 0 { return (member, calls, jobs) }
      }
    }
    return nil
  }

  // MARK: The old ones

  func quiesceSteps() -> [LifecycleRunner.Step] {
    members.reversed().map { member in
      var step = lifecycle.step(member.old, .quiesce)
      let call = step.body
      step.body = { [self] generation in
        lifecycle.table.update(member.id) { $0.state = .quiesced }
        return call(generation)
      }
      return link(step, of: member) { [self] _ in
        progress.withLock { _ = $0.quiesced.insert(member.id) }
      }
    }
  }

  func saveSteps() -> [LifecycleRunner.Step] {
    members.reversed().compactMap { member in
      guard member.old.hasState, let contract = member.old.manifest.state else { return nil }
      let collector = ReplyCollector()
      let step = Step(generation: member.old, phase: .saveState) { generation in
        StepOutcome(generation.saveState(into: collector))
      } finished: {
        if $0.taints { member.old.taint() }
      }
      return link(step, of: member) { [self] outcome in
        guard outcome.isDone else { return }
        let state = SavedState(
          schema: contract.schema, version: contract.version, bytes: collector.bytes)
        progress.withLock { $0.saved[member.id] = state }
      }
    }
  }

  /// Takes the old ones out of the world: parked, or (for a hand-off) cleaned up.
  func suspendSteps() -> [LifecycleRunner.Step] {
    members.reversed().map { member in
      guard member.isHandoff else {
        let step = Step(generation: member.old, phase: .quiesce) { generation in
          generation.instance.setMode(.suspended)
          return .done
        }
        return link(step, of: member)
      }
      return cleanupStep(member)
    }
  }

  private func cleanupStep(_ member: ReloadMember) -> LifecycleRunner.Step {
    let limits = lifecycle.configuration
    var step = lifecycle.step(member.old, .cleanup)
    let call = step.body
    step.body = { generation in
      // What it registered waits for its successor; it can end none of it any more.
      generation.instance.voidHandles()
      _ = generation.instance.figures.end(until: .after(milliseconds: limits.drainDeadline))
      return call(generation)
    }
    step.patience = limits.drainDeadline + limits.lifecycleDeadline
    return link(step, of: member) { [self] _ in
      progress.withLock { _ = $0.cleaned.insert(member.id) }
      member.old.instance.setMode(.gone)
    }
  }

  // MARK: The new ones

  func startSteps() -> [LifecycleRunner.Step] {
    members.flatMap { member -> [LifecycleRunner.Step] in
      let phases: [LifecyclePhase] = [.initialize, .restoreState, .postInit]
      let rest = phases.map { link(step(member.new, $0), of: member) }
      guard member.sharesImage else { return rest }
      var load = step(member.new, .load)
      let call = load.body
      load.body = { [lifecycle] generation in
        lifecycle.passImage(from: member.old, to: generation)
        return call(generation)
      }
      return [link(load, of: member), link(step(member.new, .preInit), of: member)] + rest
    }
  }

  private func restore(_ generation: Generation) -> StepOutcome {
    guard let state = progress.withLock({ $0.saved[generation.id] }),
      let contract = generation.manifest.state
    else { return .skipped }
    generation.given = state
    guard contract.schema == state.schema, contract.accepts.contains(state.version) else {
      return .failed(
        "it does not accept state \(state.schema) version \(state.version); list that version in state.accepts"
      )
    }
    return StepOutcome(generation.restoreState(state))
  }
}
