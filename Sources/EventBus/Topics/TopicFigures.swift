import CHostSupport
import Synchronization

/// What became of the events of a topic.
///
/// Threading: any thread. Publishing counts in the publishers' tallies; the rest is beside its path.
final class TopicFigures: Sendable {
  private struct State {
    var publishers: [ObjectIdentifier: Tally] = [:]
    /// Publishes of those that are gone.
    var past: UInt64 = 0
    /// Deliveries until the handlers changed last, how many there are, and what had reached the former ones then.
    var delivered: UInt64 = 0
    var handlers: UInt64 = 0
    var mark: UInt64 = 0
  }

  let failed = Atomic<UInt64>(0)
  let retried = Atomic<UInt64>(0)
  let dropped = Atomic<UInt64>(0)
  let dead = Atomic<UInt64>(0)
  let violations = Atomic<UInt64>(0)
  /// Publishes that an interceptor answered or refused, that did not fit, or that a route moved: no handler got them.
  let withheld = Atomic<UInt64>(0)
  /// Publishes through the topic itself.
  let direct = Atomic<UInt64>(0)
  private let state = Mutex(State())

  /// A counter for one publisher.
  func makeTally() -> Tally {
    let tally = Tally()
    state.withLock { $0.publishers[ObjectIdentifier(tally)] = tally }
    return tally
  }

  /// Takes over what was counted.
  func retire(_ tally: Tally) {
    state.withLock { state in
      state.past += tally.value
      state.publishers[ObjectIdentifier(tally)] = nil
    }
  }

  var published: UInt64 { state.withLock { published($0) } }

  var delivered: UInt64 {
    state.withLock { $0.delivered + (reached($0) - min($0.mark, reached($0))) * $0.handlers }
  }

  /// The handlers of the topic change.
  func noteHandlers(_ count: Int) {
    state.withLock { state in
      let now = reached(state)
      state.delivered += (now - min(state.mark, now)) * state.handlers
      state.mark = now
      state.handlers = UInt64(count)
    }
  }

  /// Publishes that got as far as the handlers.
  private func reached(_ state: State) -> UInt64 {
    let published = published(state)
    return published - min(withheld.value, published)
  }

  private func published(_ state: State) -> UInt64 {
    state.publishers.values.reduce(state.past + direct.value) { $0 + $1.value }
  }
}
