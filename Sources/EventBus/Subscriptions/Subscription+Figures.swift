import HostSupport
import Synchronization

/// How a subscription stands and what became of its events; failures, retries and losses over all generations of its name.
extension Subscription {
  /// Whether it gets events, and if not, why.
  public enum State: String, Sendable, CaseIterable {
    /// It gets events.
    case active
    /// A call runs past its time limit, or has just done so.
    case suspended
    /// A reload holds its gate: publishers wait, queues fill.
    case gated
    /// It takes effect when its generation commits.
    case shadow
    /// A newer generation serves in its place.
    case replaced
    /// It has ended.
    case ended
  }

  /// Whether it gets events now.
  public var state: State { bus.state.withLock { state(in: $0) } }

  /// The same, under the lock of the bus.
  func state(in _: borrowing EventBus.State) -> State {
    switch standing {
    case .shadow: .shadow
    case .suspended: .replaced
    case .ended: .ended
    case .active: isSuspended ? .suspended : owner.group != 0 ? .gated : .active
    }
  }

  /// Whether a callback of its own says which events it wants, after its conditions.
  public var hasCallback: Bool { handler.isAsked }

  /// Calls of its handlers, each attempt one, over all generations.
  public var deliveredInAll: UInt64 { figures.carried.value + delivered }
  /// Deliveries that failed.
  public var failed: UInt64 { figures.failed.value }
  /// Attempts after the first that were arranged.
  public var retried: UInt64 { figures.retried.value }
  /// Events that found its queue full, or ended with it.
  public var dropped: UInt64 { figures.dropped.value }
  /// Events that gave way in the queue to newer ones of their keys.
  public var coalesced: UInt64 { figures.coalesced.value }
  /// Events that were given up.
  public var dead: UInt64 { figures.dead.value }

  /// How long its handlers took, from samples.
  public var times: TimeSample { figures.times.sample }

  /// Events that wait for it, and their bytes, estimated from some of them.
  public var queuedSize: (events: Int, bytes: Int) {
    bus.state.withLock { _ in queue }?.size ?? (0, 0)
  }

  /// What its queue holds; `nil` for a sync one.
  public var queueStatus: QueueStatus? { bus.state.withLock { _ in queue }?.status }
}
