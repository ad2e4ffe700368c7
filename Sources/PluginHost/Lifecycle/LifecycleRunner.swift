import CHostSupport
import HostSupport

/// Runs steps of plugins' lives on a thread of its own, each with a deadline.
///
/// A step that does not return in time is given up with its thread, and another thread goes on with the next step; a thread on
/// which plugin code crashed is parked. Threading: one batch at a time, from the control thread.
final class LifecycleRunner: Sendable {
  /// One step.
  struct Step: Sendable {
    /// Whose step it is.
    let generation: Generation
    /// Which one.
    let phase: LifecyclePhase
    /// Whether it is to be left out; asked right before, on the runner's thread.
    var skip: @Sendable () -> Bool = { false }
    /// Does it, on the runner's thread.
    var body: @Sendable (Generation) -> StepOutcome
    /// Milliseconds that it may take, where that is not the batch's.
    var patience: Int?
    /// Told of the outcome before the next step begins, on the runner's thread or (for a hang) the control thread.
    var finished: @Sendable (StepOutcome) -> Void = { _ in }
  }

  private struct State {
    var steps: [Step] = []
    var next = 0
    var began: UInt64?
    var outcomes: [StepOutcome?] = []
    var epoch: UInt64 = 0
    var threads = 0
  }

  private let state = Monitor(State())
  private let journal: Journal?
  private let pulse: Pulse

  init(journal: Journal?, pulse: Pulse) {
    self.journal = journal
    self.pulse = pulse
  }

  /// Runs a batch in order and waits for it.
  ///
  /// - Parameters:
  ///   - steps: What to do.
  ///   - milliseconds: Deadline of each step.
  /// - Returns: An outcome for each step.
  func run(_ steps: [Step], deadline milliseconds: Int) -> [StepOutcome] {
    guard !steps.isEmpty else { return [] }
    let start = state.update { state in
      state.steps = steps
      state.next = 0
      state.began = nil
      state.outcomes = Array(repeating: nil, count: steps.count)
      defer { if state.threads == 0 { state.threads = 1 } }
      return state.threads == 0
    }
    if start { startThread() }
    while true {
      pulse.beat()
      let deadline = state.withLock { state in
        Deadline(
          nanoseconds: (state.began ?? Deadline.now()) &+ Self.patience(state, milliseconds)
            &* 1_000_000)
      }
      let done: Bool? = state.wait(until: deadline) { $0.next >= $0.steps.count ? true : nil }
      if done != nil { break }
      giveUp(milliseconds)
    }
    return state.withLock { state in
      defer { (state.steps, state.outcomes, state.next) = ([], [], 0) }
      return state.outcomes.compactMap { $0 }
    }
  }

  /// Milliseconds that the present step may take.
  private static func patience(_ state: State, _ milliseconds: Int) -> UInt64 {
    let own = state.next < state.steps.count ? state.steps[state.next].patience : nil
    return UInt64(own ?? milliseconds)
  }

  /// Abandons the thread that runs the present step, when that began too long ago.
  private func giveUp(_ milliseconds: Int) {
    let hung = state.update { state -> (step: Step, outcome: StepOutcome)? in
      let patience = Self.patience(state, milliseconds)
      guard let began = state.began, Deadline.now() &- began >= patience &* 1_000_000 else {
        return nil
      }
      state.epoch += 1
      let outcome = StepOutcome.hung(milliseconds: Int(patience))
      defer { Self.record(outcome, in: &state) }
      return (state.steps[state.next], outcome)
    }
    guard let hung else { return }
    hung.step.finished(hung.outcome)
    startThread()
  }

  private func startThread() {
    let epoch = state.withLock { $0.epoch }
    do {
      try Thread(name: "dvt-lifecycle") { [self] in work(epoch) }.detach()
    } catch {
      // Without a thread nothing can be called: every step that is left fails.
      state.update { state in
        state.threads = 0
        while state.next < state.steps.count {
          Self.record(.failed("no thread to run it on: \(error)"), in: &state)
        }
      }
    }
  }

  private func work(_ epoch: UInt64) {
    hs_fatal_lifecycle_thread()
    while let step = take(epoch) {
      let outcome = perform(step)
      guard claim(epoch) else { sleepForEver() }
      step.finished(outcome)
      if case .crashed = outcome {
        state.update { state in
          state.epoch += 1
          Self.record(outcome, in: &state)
        }
        startThread()
        sleepForEver()
      }
      let isLast = state.withLock { state in
        Self.record(outcome, in: &state)
        return state.next == state.steps.count
      }
      if isLast { state.update { _ in } }
    }
  }

  private func take(_ epoch: UInt64) -> Step? {
    let found: Step?? = state.wait(until: .never) { state -> Step?? in
      if state.epoch != epoch { return .some(nil) }
      guard state.next < state.steps.count else { return nil }
      state.began = Deadline.now()
      return .some(state.steps[state.next])
    }
    return found ?? nil
  }

  /// Takes the present step from the deadline's reach; `false` when it was given up.
  private func claim(_ epoch: UInt64) -> Bool {
    state.withLock { state in
      guard state.epoch == epoch else { return false }
      state.began = nil
      return true
    }
  }

  private func perform(_ step: Step) -> StepOutcome {
    if step.skip() { return .skipped }
    journal?.beginStep(step.generation.build, step.phase)
    let outcome = step.body(step.generation)
    journal?.endStep()
    return outcome
  }

  private static func record(_ outcome: StepOutcome, in state: inout State) {
    state.outcomes[state.next] = outcome
    state.next += 1
    state.began = nil
  }

  private func sleepForEver() -> Never {
    while true { hs_sleep_forever() }
  }
}
