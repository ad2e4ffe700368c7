import EventBus
import HostSupport
import Synchronization

/// Turns counters of what was lost or refused into events, so that nothing is lost silently: one event for all that happened
/// since the last look.
///
/// Threading: `look` on the control thread.
final class LossWatch: Sendable {
  private struct Seen {
    var dropped: UInt64 = 0
    var failed: UInt64 = 0
    var timeouts: UInt64 = 0
    var denied: [String: UInt64] = [:]
  }

  private let seen = Mutex(Seen())
  private let core: HostCore
  private let events: HostEvents

  init(core: HostCore, events: HostEvents) {
    self.core = core
    self.events = events
  }

  /// Publishes `bus.dropped`, `bus.failed`, `bus.timeout` and `bus.denied` for what is new.
  func look() {
    let now = Seen(
      dropped: core.bus.dropped, failed: core.bus.failed, timeouts: core.timeouts,
      denied: core.denied)
    let before = seen.withLock { seen in
      defer { seen = now }
      return seen
    }
    tell("bus.dropped", now.dropped, since: before.dropped)
    tell("bus.failed", now.failed, since: before.failed)
    tell("bus.timeout", now.timeouts, since: before.timeouts)
    for (plugin, count) in now.denied.sorted(by: { $0.key < $1.key }) {
      tell("bus.denied", count, since: before.denied[plugin] ?? 0, subject: plugin)
    }
  }

  private func tell(_ type: String, _ total: UInt64, since before: UInt64, subject: String = "") {
    guard total > before else { return }
    events.publish(
      type, subject: subject,
      ["count": .int(Int64(clamping: total - before)), "total": .int(Int64(clamping: total))])
  }
}
