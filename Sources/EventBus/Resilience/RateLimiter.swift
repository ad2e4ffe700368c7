import HostSupport
import Synchronization

/// Bounds how many calls are made in how much time, with a token bucket.
///
/// Threading: any thread; without a lock.
public final class RateLimiter: Sendable {
  /// How many calls in how much time.
  public struct Policy: Sendable, Equatable {
    /// Calls in each period, at least 1.
    public var calls = 100
    /// Nanoseconds of a period.
    public var period: UInt64 = 1_000_000_000
    /// Calls that may be made at once after a rest, at least 1; `nil` for those of a period.
    public var burst: Int?
    /// Nanoseconds that a call waits for its turn at most.
    public var wait: UInt64 = 0

    /// 100 calls a second.
    public init() {}
  }

  /// How many calls in how much time.
  public let policy: Policy
  private let bucket: TokenBucket
  private let full = Atomic<UInt64>(0)
  private let refused = Atomic<UInt64>(0)

  /// A full bucket.
  public init(_ policy: Policy) {
    self.policy = policy
    bucket = TokenBucket(calls: policy.calls, per: policy.period, burst: policy.burst)
  }

  /// Calls that were rejected so far.
  public var rejected: UInt64 { refused.load(ordering: .relaxed) }

  /// Calls that could be made now.
  public var available: UInt64 {
    bucket.tokens(full.load(ordering: .relaxed), at: Deadline.now())
  }

  /// Takes a call's turn, or waits for it.
  ///
  /// - Parameter patience: Nanoseconds that the caller waits at most, besides what the policy says.
  /// - Returns: `nil` when it may be made; else it is rejected, and after so many nanoseconds another may be tried.
  public func enter(patience: UInt64) -> UInt64? {
    let most = min(policy.wait, patience)
    var seen = full.load(ordering: .relaxed)
    while true {
      var next = seen
      let turn = bucket.take(&next, at: Deadline.now(), patience: most)
      guard turn.isTaken else {
        refused.wrappingAdd(1, ordering: .relaxed)
        return turn.wait
      }
      let swap = full.compareExchange(expected: seen, desired: next, ordering: .relaxed)
      guard swap.exchanged else {
        seen = swap.original
        continue
      }
      if turn.wait > 0 {
        var pause = Backoff(initial: turn.wait, cap: turn.wait)
        pause.wait()
      }
      return nil
    }
  }
}
