import Glibc
import HostSupport
import Synchronization

/// The place of one validator and the thread that it runs on, so that one that hangs holds up nobody beyond its budget.
///
/// Threading: `review` by one thread at a time, the rest by any.
final class ValidatorLine: Sendable {
  enum Outcome {
    case verdict(WriteVerdict)
    case overrun
    /// It was removed meanwhile.
    case removed
    case noThread(SystemError)
  }

  private struct Job {
    let validator: any WriteValidator
    let writes: [ProposedWrite]
    let snapshot: MetadataSnapshot
  }

  private enum State {
    /// There is no thread yet.
    case fresh
    case idle
    case asked(Job)
    case reviewing
    /// Nobody waits for the verdict any more.
    case abandoned
    case answered(WriteVerdict)
    case ended
  }

  /// Which thread it is; 0 while there is none.
  private final class Identity: Sendable {
    let thread = Atomic<pthread_t>(0)
  }

  private let state = Monitor(State.fresh)
  private let identity = Identity()

  /// Whether reviews run on a thread.
  func runs(on thread: pthread_t) -> Bool { identity.thread.load(ordering: .relaxed) == thread }

  /// Has writes judged within the validator's budget.
  func review(
    _ writes: [ProposedWrite], by validator: any WriteValidator, _ snapshot: MetadataSnapshot
  ) -> Outcome {
    let deadline = Deadline.after(milliseconds: validator.budget)
    do throws(SystemError) {
      guard
        try ask(
          Job(validator: validator, writes: writes, snapshot: snapshot))
      else { return .overrun }
    } catch {
      return .noThread(error)
    }
    let outcome = state.wait(until: deadline) { Self.outcome(of: &$0) }
    if let outcome { return outcome }
    return state.update { state in
      if let outcome = Self.outcome(of: &state) { return outcome }
      switch state {
      case .asked: state = .idle
      case .reviewing: state = .abandoned
      case .fresh, .idle, .abandoned, .answered, .ended: break
      }
      return .overrun
    }
  }

  /// What came of a review, if it is over.
  private static func outcome(of state: inout State) -> Outcome? {
    switch state {
    case .answered(let verdict):
      state = .idle
      return .verdict(verdict)
    case .ended: return .removed
    case .fresh, .idle, .asked, .reviewing, .abandoned: return nil
    }
  }

  /// Gives the thread a job.
  ///
  /// - Returns: Whether it was free.
  private func ask(_ job: Job) throws(SystemError) -> Bool {
    let isFresh = state.update { state -> Bool? in
      switch state {
      case .fresh:
        state = .asked(job)
        return true
      case .idle:
        state = .asked(job)
        return false
      case .ended: return false
      case .asked, .reviewing, .abandoned, .answered: return nil
      }
    }
    guard let isFresh else { return false }
    guard isFresh else { return true }
    do throws(SystemError) {
      try Thread(name: "validator") { [state, identity] in
        identity.thread.store(pthread_self(), ordering: .relaxed)
        Self.run(state)
      }.detach()
    } catch {
      state.update { $0 = .fresh }
      throw error
    }
    return true
  }

  /// Ends the thread once it is free.
  func end() {
    state.update { $0 = .ended }
  }

  private static func run(_ state: Monitor<State>) {
    while true {
      let job = state.wait(until: .never) { state -> Job?? in
        switch state {
        case .asked(let job):
          state = .reviewing
          return .some(job)
        case .ended: return .some(nil)
        default: return nil
        }
      }
      guard let job = job ?? nil else { return }
      let verdict = job.validator.review(job.writes, snapshot: job.snapshot)
      state.update { state in
        switch state {
        case .reviewing: state = .answered(verdict)
        case .abandoned: state = .idle
        case .fresh, .idle, .asked, .answered, .ended: break
        }
      }
    }
  }
}
