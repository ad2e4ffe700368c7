import HostSupport

/// A thread that runs jobs one after the other.
final class DeliveryThread: Sendable {
  private struct State {
    var jobs: [@Sendable () -> Void] = []
    var isStopped = false
  }

  private let state: Monitor<State>
  private let thread: Thread

  /// Starts the thread.
  ///
  /// - Throws: The system's error when it has no thread to give.
  init(name: String) throws(SystemError) {
    let state = Monitor(State())
    self.state = state
    thread = try Thread(name: name) {
      while let jobs = Self.next(state) {
        for job in jobs { job() }
      }
    }
  }

  /// Adds a job; it is dropped after `stop`.
  func run(_ job: @escaping @Sendable () -> Void) {
    state.update { state in
      if !state.isStopped { state.jobs.append(job) }
    }
  }

  /// Ends the thread after the jobs it has taken, and waits for that unless it is the calling thread. Call it once.
  func stop() {
    state.update { state in
      state.isStopped = true
      state.jobs = []
    }
    thread.joinUnlessCurrent()
  }

  private static func next(_ state: Monitor<State>) -> [@Sendable () -> Void]? {
    let jobs = state.wait(until: .never) { state -> [@Sendable () -> Void]? in
      guard state.jobs.isEmpty else {
        let jobs = state.jobs
        state.jobs = []
        return jobs
      }
      return state.isStopped ? [] : nil
    }
    guard let jobs, !jobs.isEmpty else { return nil }
    return jobs
  }
}
