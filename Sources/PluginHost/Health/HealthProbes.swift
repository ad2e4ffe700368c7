import HostSupport

/// The threads on which plugins are asked how they are: few, started as they are needed, and replaced when one hangs.
///
/// Threading: any thread.
final class HealthProbes: Sendable {
  /// Asks a plugin; `false` when the thread was written off meanwhile and must end.
  typealias Job = @Sendable () -> Bool

  private struct State {
    var waiting: [Job] = []
    var threads = 0
    var idle = 0
    var lost = 0
    var isStopping = false
  }

  /// Threads that work at a time.
  static let most = 4
  /// Threads that may hang before no further ones take their places.
  static let mostLost = 64
  private let state = Monitor(State())

  /// Asks a plugin when its turn has come.
  func submit(_ job: @escaping Job) {
    let starts = state.update { state -> Bool in
      guard !state.isStopping else { return false }
      state.waiting.append(job)
      guard state.idle < state.waiting.count, state.threads < Self.most, state.lost < Self.mostLost
      else { return false }
      state.threads += 1
      return true
    }
    if starts { startThread() }
  }

  /// One of the threads hangs in a plugin: another one may take its place.
  func writeOff() {
    let starts = state.update { state -> Bool in
      state.threads -= 1
      state.lost += 1
      guard !state.waiting.isEmpty, state.threads < Self.most, state.lost < Self.mostLost else {
        return false
      }
      state.threads += 1
      return true
    }
    if starts { startThread() }
  }

  /// Whether so many threads hang that nobody is asked any more.
  var isExhausted: Bool { state.withLock { $0.lost >= Self.mostLost && $0.threads == 0 } }

  /// Asks nobody any more.
  func stop() {
    state.update { state in
      state.isStopping = true
      state.waiting = []
    }
  }

  private func startThread() {
    do {
      try Thread(name: "dvt-health") { [self] in work() }.detach()
    } catch {
      // The next check tries again.
      state.update { $0.threads -= 1 }
    }
  }

  private func work() {
    while let job = next() {
      guard job() else {
        state.update { $0.lost -= 1 }
        return
      }
    }
    state.update { $0.threads -= 1 }
  }

  private func next() -> Job? {
    state.update { $0.idle += 1 }
    let job: Job?? = state.wait(until: .never) { state -> Job?? in
      if state.isStopping { return .some(nil) }
      guard !state.waiting.isEmpty else { return nil }
      state.idle -= 1
      return .some(state.waiting.removeFirst())
    }
    return job ?? nil
  }
}
