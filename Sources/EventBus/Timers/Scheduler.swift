import CHostSupport
public import HostSupport

/// Calls at a later time: one thread that waits, and the worker pool that makes the calls.
///
/// Threading: any thread; no lock is held while a timer runs.
public final class Scheduler: @unchecked Sendable {
  // Safe: everything mutable is inside `state`.
  private struct State {
    var timers: [ScheduledTimer] = []
    var stopping = false
    var started = false
  }

  private let state = Monitor(State())
  private let workers: WorkerPool

  /// Makes a scheduler; its thread starts with the first timer.
  ///
  /// - Parameter workers: Makes the calls.
  public init(workers: WorkerPool) {
    self.workers = workers
  }

  /// Starts a timer.
  ///
  /// - Parameters:
  ///   - timer: What to call and when.
  ///   - shadow: Whether it starts only when its generation commits.
  /// - Throws: `BusError.nameTaken`.
  public func schedule(_ timer: ScheduledTimer, shadow: Bool) throws(BusError) {
    let start = try state.update { state throws(BusError) in
      let taken = state.timers.contains { $0.owner == timer.owner && $0.name == timer.name }
      if taken { throw .nameTaken(timer.name) }
      timer.standing = shadow ? .suspended : .waiting
      state.timers.append(timer)
      defer { state.started = true }
      return !state.started
    }
    if start { startThread() }
  }

  /// Ends a timer; see `EventBus.unsubscribe`.
  ///
  /// - Throws: `BusError.gone` when it had ended.
  public func cancel(
    _ timer: ScheduledTimer, until deadline: Deadline
  ) throws(BusError) -> Callable.Ending {
    let known = state.update { state in
      let before = state.timers.count
      state.timers.removeAll { $0 === timer }
      return state.timers.count < before
    }
    guard known else { throw .gone }
    return timer.callable.end(until: deadline)
  }

  /// The callables of an owner's timers, for its gate.
  public func callables(of owner: Owner) -> [Callable] {
    state.withLock { $0.timers.filter { $0.owner == owner }.map(\.callable) }
  }

  /// The names of the timers an owner has now.
  public func names(of owner: Owner) -> [String] {
    state.withLock { $0.timers.filter { $0.owner == owner }.map(\.name) }
  }

  /// Suspends one generation's timers and starts another's.
  public func handOver(from old: Owner, to new: Owner) {
    state.update { state in
      for timer in state.timers where timer.owner == old { timer.standing = .suspended }
      for timer in state.timers where timer.owner == new {
        timer.standing = .waiting
        timer.callable.setState(HS_LIVE)
      }
    }
  }

  /// Lets timers that came due behind a closed gate run again.
  public func resume(_ owner: Owner) {
    state.update { _ in }
  }

  /// Ends all of an owner's timers.
  ///
  /// - Returns: How many calls were still running at the deadline.
  public func revoke(_ owner: Owner, until deadline: Deadline) -> Int {
    let timers = state.update { state in
      let timers = state.timers.filter { $0.owner == owner }
      state.timers.removeAll { $0.owner == owner }
      return timers
    }
    return timers.filter { $0.callable.end(until: deadline) == .pending }.count
  }

  /// Ends the thread.
  public func stop() { state.update { $0.stopping = true } }

  private func startThread() {
    do {
      try Thread(name: "dvt-timers") { [self] in run() }.detach()
    } catch {
      state.update { $0.started = false }
    }
  }

  private func run() {
    var next = Deadline.never
    while true {
      let stop = state.wait(until: next) { state -> Bool? in
        if state.stopping { return true }
        return state.timers.contains { $0.isDue }
          ? false : Self.soonest(state.timers) < next ? false : nil
      }
      if stop == true { return }
      let due = state.withLock { state in
        let due = state.timers.filter(\.isDue).sorted { $0.next < $1.next }
        for timer in due { timer.standing = .running }
        next = Self.soonest(state.timers)
        return due
      }
      for timer in due { workers.submit { [self] in fire(timer) } }
    }
  }

  private static func soonest(_ timers: [ScheduledTimer]) -> Deadline {
    timers.filter { $0.standing == .waiting }.map(\.next).min() ?? .never
  }

  private func fire(_ timer: ScheduledTimer) -> Bool {
    // A handover may have suspended it since it came due.
    guard state.withLock({ _ in timer.standing == .running }) else { return false }
    let result = timer.fire()
    state.update { state in
      let held = result.failure == .gateClosed || result.failure == .revoked
      if timer.interval == nil, !held {
        state.timers.removeAll { $0 === timer }
      } else if timer.standing == .running {
        timer.advance(retryNow: held)
      }
    }
    return result.failure == .crashed
  }
}
