import HostSupport
import Synchronization

/// Turns counters of what was lost into events: one for all of a kind and plugin that happened since the last look.
///
/// Threading: `look` on the janitor's thread.
final class LossWatch: Sendable {
  private let seen = Mutex<[Losses.Key: UInt64]>([:])
  private let core: HostCore
  private let events: HostEvents

  init(core: HostCore, events: HostEvents) {
    self.core = core
    self.events = events
  }

  /// Publishes `loss.KIND`, with the plugin as its subject, for what is new.
  func look() {
    let now = core.lost
    let before = seen.withLock { seen in
      defer { seen = now }
      return seen
    }
    for (key, total) in now {
      let fresh = total - min(total, before[key] ?? 0)
      guard fresh > 0 else { continue }
      events.publish(
        key.loss.event, subject: key.plugin,
        ["count": .int(Int64(clamping: fresh)), "total": .int(Int64(clamping: total))])
    }
  }
}
