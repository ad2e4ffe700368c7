import HostSupport

/// The one thread on which a host changes its plugins: operations run one at a time, in the order in which they came.
///
/// Threading: any thread may submit; a body that waits for another operation of the same queue never returns.
final class ControlQueue: Sendable {
  typealias Body = @Sendable () -> Void

  private struct State {
    var bodies: [Body] = []
    var timed: [(due: Deadline, token: UInt64, body: Body)] = []
    var token: UInt64 = 0
    var stopping = false
  }

  private let state = Monitor(State())
  private let pulse: Pulse

  /// Starts the thread.
  ///
  /// - Parameter pulse: Told when an operation begins and ends.
  /// - Throws: The system's error when it has no thread to give.
  init(pulse: Pulse) throws(SystemError) {
    self.pulse = pulse
    try Thread(name: "dvt-control") { [self] in run() }.detach()
  }

  /// Runs an operation when its turn has come, without waiting for it.
  func submit(_ body: @escaping Body) { state.update { $0.bodies.append(body) } }

  /// Runs an operation after some time.
  ///
  /// - Returns: What `cancel` takes.
  @discardableResult
  func submit(afterMilliseconds milliseconds: Int, _ body: @escaping Body) -> UInt64 {
    state.update { state in
      state.token += 1
      state.timed.append((.after(milliseconds: milliseconds), state.token, body))
      return state.token
    }
  }

  /// Takes back what was submitted for later; too late once it runs.
  func cancel(_ token: UInt64) { state.update { $0.timed.removeAll { $0.token == token } } }

  /// Runs an operation and waits for it.
  ///
  /// - Parameters:
  ///   - deadline: Bounds the wait for the turn and the operation; the operation itself goes on.
  ///   - body: What to do.
  /// - Returns: What `body` returned.
  /// - Throws: What `body` throws, or `timeout`.
  func perform<Value: Sendable>(
    until deadline: Deadline, _ body: @escaping @Sendable () -> Result<Value, OperationError>
  ) throws(OperationError) -> Value {
    guard !state.withLock({ $0.stopping }) else {
      throw OperationError(
        .unavailable, "the host has stopped", advice: "start it again with 'dovetail run'")
    }
    let outcome = Monitor<Result<Value, OperationError>?>(nil)
    submit { [outcome] in
      let result = body()
      outcome.update { $0 = result }
    }
    guard let result = outcome.wait(until: deadline, { $0 }) else {
      throw OperationError(
        .timeout, "the operation has not ended within its deadline; it goes on",
        advice: "see 'dovetail list' for what it does, and give a longer --timeout")
    }
    return try result.get()
  }

  /// Ends the thread after the operation that runs now.
  func stop() { state.update { $0.stopping = true } }

  private enum Next {
    case run(Body)
    case look
    case stop
  }

  private func run() {
    while true {
      switch next() {
      case .run(let body):
        pulse.begin()
        body()
        pulse.end()
      case .look: continue
      case .stop: return
      }
    }
  }

  /// Waits for something to do, at most until something that was submitted for later is due.
  private func next() -> Next {
    let soonest = state.withLock { Self.soonest($0) }
    let next: Next? = state.wait(until: soonest) { state -> Next? in
      if state.stopping { return .stop }
      if !state.bodies.isEmpty { return .run(state.bodies.removeFirst()) }
      guard let index = state.timed.firstIndex(where: { $0.due.hasPassed }) else {
        return Self.soonest(state) < soonest ? .look : nil
      }
      return .run(state.timed.remove(at: index).body)
    }
    return next ?? .look
  }

  private static func soonest(_ state: State) -> Deadline {
    state.timed.map(\.due).min() ?? .never
  }
}
