import HostSupport

/// Looks after calls of handlers that have a time limit, on one thread.
///
/// Only such calls are noted here, so that all others pay nothing. Threading: any thread; nothing is told under a lock.
final class Watchdog: Sendable {
  /// A call in progress.
  struct Call: Sendable {
    fileprivate let number: UInt64
    let subscription: Subscription
    let topic: String
    let start: UInt64
    let limit: Deadline
  }

  private struct State {
    var running: [UInt64: Call] = [:]
    var late: Set<UInt64> = []
    var next: UInt64 = 1
    var stopping = false
    var started = false
    /// When the thread looks again.
    var wake = Deadline.never

    var soonest: Deadline {
      running.values.filter { !late.contains($0.number) }.map(\.limit).min() ?? .never
    }
  }

  private let state = Monitor(State())
  private let onLate: @Sendable (Call) -> Void

  /// Makes a watchdog; its thread starts with the first call.
  ///
  /// - Parameter onLate: Told once of each call that runs past its limit, while it runs, on the watchdog's thread.
  init(onLate: @escaping @Sendable (Call) -> Void) {
    self.onLate = onLate
  }

  /// Notes that a call begins.
  func begin(_ subscription: Subscription, topic: String, milliseconds: Int) -> Call {
    let start = Deadline.now()
    let limit = Deadline(nanoseconds: start &+ UInt64(milliseconds) &* 1_000_000)
    let (call, begin, sooner) = state.withLock { state -> (Call, Bool, Bool) in
      defer {
        state.next += 1
        state.started = true
      }
      let call = Call(
        number: state.next, subscription: subscription, topic: topic, start: start, limit: limit)
      state.running[call.number] = call
      guard limit < state.wake else { return (call, !state.started, false) }
      state.wake = limit
      return (call, !state.started, true)
    }
    if begin { startThread() } else if sooner { state.update { _ in } }
    return call
  }

  /// Notes that a call has returned.
  ///
  /// - Returns: Whether it ran past its limit; `onLate` is told of no other.
  func end(_ call: Call) -> Bool {
    let (known, late) = state.withLock { state in
      state.running[call.number] = nil
      let known = state.late.remove(call.number) != nil
      return (known, known || call.limit.hasPassed)
    }
    if late, !known { onLate(call) }
    return late
  }

  /// Ends the thread.
  func stop() { state.update { $0.stopping = true } }

  private func startThread() {
    do {
      try Thread(name: "dvt-watchdog") { [self] in run() }.detach()
    } catch {
      state.update { $0.started = false }
    }
  }

  private func run() {
    while let late = next() { for call in late { onLate(call) } }
  }

  /// The calls that ran past their limits since the last time; `nil` when the watchdog was stopped.
  private func next() -> [Call]? {
    let wake = state.withLock { state in
      state.wake = state.soonest
      return state.wake
    }
    let stopped = state.wait(until: wake) { state -> Bool? in
      state.stopping ? true : state.wake < wake ? false : nil
    }
    if stopped == true { return nil }
    return state.withLock { state in
      let late = state.running.values.filter {
        $0.limit.hasPassed && !state.late.contains($0.number)
      }
      for call in late { state.late.insert(call.number) }
      return late
    }
  }
}
