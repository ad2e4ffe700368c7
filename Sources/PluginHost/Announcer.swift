import HostSupport

/// The thread on which the host's own events reach their handlers, in order: a handler that does not return holds up later
/// events of the host, and nothing else.
///
/// Threading: any thread may submit.
final class Announcer: Sendable {
  typealias Body = @Sendable () -> Void

  private struct State {
    var waiting: [Body] = []
    var submitted: UInt64 = 0
    var delivered: UInt64 = 0
    var isRunning = false
    var isStopping = false
  }

  /// The most events that wait; what comes then is dropped.
  static let most = 4096
  private let state = Monitor(State())

  /// Delivers an event when its turn has come.
  ///
  /// - Returns: Its number, for `wait`; `nil` when it was dropped.
  func submit(_ body: @escaping Body) -> UInt64? {
    let (number, starts) = state.update { state -> (UInt64?, Bool) in
      guard !state.isStopping, state.waiting.count < Self.most else { return (nil, false) }
      state.waiting.append(body)
      state.submitted += 1
      defer { state.isRunning = true }
      return (state.submitted, !state.isRunning)
    }
    if starts { startThread() }
    return number
  }

  /// Waits until an event's handlers have returned.
  ///
  /// - Returns: Whether they had by the deadline.
  func wait(for number: UInt64, until deadline: Deadline) -> Bool {
    state.wait(until: deadline) { $0.delivered >= number ? true : nil } ?? false
  }

  /// Ends the thread after the event that it delivers now; those that wait are dropped.
  func stop() {
    state.update { state in
      state.isStopping = true
      state.waiting = []
    }
  }

  private func startThread() {
    do {
      try Thread(name: "dvt-events") { [self] in run() }.detach()
    } catch {
      // The next event tries again.
      state.update { $0.isRunning = false }
    }
  }

  private func run() {
    while let body = next() {
      body()
      state.update { $0.delivered += 1 }
    }
  }

  private func next() -> Body? {
    state.wait(until: .never) { state -> Body?? in
      if !state.waiting.isEmpty { return .some(state.waiting.removeFirst()) }
      return state.isStopping ? .some(nil) : nil
    } ?? nil
  }
}
