import HostSupport

/// When changes are brought from the journal into the records' files: a second after the first of them, or when they are many.
final class CheckpointTimer: Sendable {
  private struct State {
    var due: Deadline?
    /// Bytes of the journal that are not being brought into the files yet.
    var size = 0
    var isStopped = false
    /// Why the last attempt failed.
    var failure: SystemError?
    var thread: Thread?
  }

  private static let delayMilliseconds = 1000
  /// The journal is closed when it has so many bytes.
  private static let enough = 8 << 20
  /// Saving waits when it has so many.
  private static let limit = 64 << 20

  private let state = Monitor(State())

  /// Starts the thread.
  ///
  /// - Parameter checkpoint: Brings the changes into the files; one call at a time.
  /// - Throws: The system's error.
  func start(_ checkpoint: @escaping @Sendable () throws(SystemError) -> Void) throws(SystemError) {
    let state = self.state
    let thread = try Thread(name: "meta-files") {
      while Self.wait(state) {
        var failure: SystemError?
        do throws(SystemError) { try checkpoint() } catch { failure = error }
        state.update { state in
          state.failure = failure
          if failure != nil { state.due = .after(milliseconds: Self.delayMilliseconds) }
        }
      }
    }
    state.withLock { $0.thread = thread }
  }

  /// Waits until changes are due.
  ///
  /// - Returns: False when the timer is stopped.
  private static func wait(_ state: Monitor<State>) -> Bool {
    while true {
      let due = state.withLock { $0.due } ?? .never
      let isDue = state.wait(until: due) { state -> Bool?? in
        if state.isStopped { return false }
        if let due = state.due, due.hasPassed {
          state.due = nil
          return true
        }
        // Wait for another moment when it was changed.
        return (state.due ?? .never) == due ? nil : .some(nil)
      }
      if case .some(let answer?) = isDue { return answer }
    }
  }

  /// Says that there is a journal now.
  func begin() {
    state.update { $0.due = $0.due ?? .after(milliseconds: Self.delayMilliseconds) }
  }

  /// Says how long the journal is.
  func note(size: Int) {
    let becameEnough = state.withLock { state in
      defer { state.size = size }
      return (state.size < Self.enough) != (size < Self.enough)
    }
    guard becameEnough else { return }
    state.update { if size >= Self.enough { $0.due = Deadline(nanoseconds: 0) } }
  }

  /// Waits while the journal is too long.
  ///
  /// - Returns: Why it does not become shorter, or `nil`.
  func waitForRoom() -> SystemError? {
    guard state.withLock({ $0.size >= Self.limit }) else { return nil }
    return state.wait(until: .never) { state -> SystemError?? in
      if state.size < Self.limit || state.isStopped { return .some(nil) }
      return state.failure.map { .some($0) }
    } ?? nil
  }

  /// Ends the thread.
  func stop() {
    state.update { $0.isStopped = true }
    state.withLock { $0.thread.take() }?.join()
  }
}
