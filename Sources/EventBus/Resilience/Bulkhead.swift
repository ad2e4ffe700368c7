public import HostSupport

/// Bounds how many calls are made at once, so that a slow service does not take all threads of its callers.
///
/// Threading: any thread; its lock is held for a few instructions.
public final class Bulkhead: Sendable {
  /// How many calls at once.
  public struct Policy: Sendable, Equatable {
    /// Calls that may run at once, at least 1.
    public var calls = 16
    /// Calls that may wait for one of them to return.
    public var waiting = 0
    /// Nanoseconds that each of those waits at most.
    public var wait: UInt64 = 0

    /// 16 calls at once; none waits.
    public init() {}
  }

  /// What it holds now.
  public struct Figures: Sendable, Equatable {
    /// Calls that run.
    public var running = 0
    /// Calls that wait.
    public var waiting = 0
    /// Calls that were rejected so far.
    public var rejected: UInt64 = 0
  }

  /// How many calls at once.
  public let policy: Policy
  private let state = Monitor(Figures())

  /// An empty one.
  public init(_ policy: Policy) { self.policy = policy }

  /// What it holds now.
  public var figures: Figures { state.withLock { $0 } }

  /// Takes a place, or waits for one behind those that wait already.
  ///
  /// - Parameter deadline: When the caller gives up, besides what the policy says.
  /// - Returns: Whether there was a place, to be given back by `leave`.
  public func enter(until deadline: Deadline) -> Bool {
    let isIn: Bool? = state.withLock { state in
      if state.running < policy.calls, state.waiting == 0 {
        state.running += 1
        return true
      }
      guard state.waiting < policy.waiting, policy.wait > 0 else {
        state.rejected += 1
        return false
      }
      state.waiting += 1
      return nil
    }
    return isIn ?? wait(until: min(deadline, Deadline(nanoseconds: Deadline.now() &+ policy.wait)))
  }

  private func wait(until deadline: Deadline) -> Bool {
    let isIn = state.wait(until: deadline) { [policy] state -> Bool? in
      guard state.running < policy.calls else { return nil }
      state.running += 1
      state.waiting -= 1
      return true
    }
    if isIn == true { return true }
    state.update { state in
      state.waiting -= 1
      state.rejected += 1
    }
    return false
  }

  /// Gives a place back.
  public func leave() {
    state.updateWakingOne { $0.running -= 1 }
  }
}
