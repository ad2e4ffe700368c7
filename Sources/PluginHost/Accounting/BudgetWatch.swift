import HostSupport
import Synchronization

/// Warns when a plugin uses more than its budget allows: once, until it has been well below.
///
/// Threading: `look` on one thread.
final class BudgetWatch: Sendable {
  private struct State {
    /// Seconds of processor time of each plugin at the latest looks, oldest first, with when.
    var times: [String: [(moment: UInt64, used: Double)]] = [:]
    /// What is over its budget, as `ID RESOURCE`.
    var over: Set<String> = []
    /// When to look again, on the monotonic clock.
    var next: UInt64 = 0
  }

  /// The span that processor time is averaged over.
  private static let window: UInt64 = 10_000_000_000
  private let state = Mutex(State())

  /// Looks at all plugins that have a budget.
  ///
  /// - Parameters:
  ///   - host: Whose plugins they are.
  ///   - milliseconds: How often to look at most.
  func look(_ host: Host, every milliseconds: UInt64) {
    let configuration = host.configuration
    guard !configuration.budget.isEmpty else { return }
    let now = Deadline.now()
    let isDue = state.withLock { state -> Bool in
      guard now >= state.next else { return false }
      state.next = now &+ milliseconds &* 1_000_000
      return true
    }
    guard isDue else { return }
    let context = ReportContext(host)
    for plugin in host.table.all where plugin.isActive {
      let budget = configuration.budget(of: plugin.id)
      guard !budget.isEmpty else { continue }
      let used = host.resources(of: plugin, context)
      check(
        "cpu", plugin.id, percent(plugin.id, used.cpuSeconds), budget.cpuPercent,
        "% of a processor", host)
      check("handles", plugin.id, used.handles, budget.handles, "handles", host)
      check("queued", plugin.id, used.queuedBytes, budget.queuedBytes, "bytes in queues", host)
      check(
        "retired", plugin.id, used.retiredBytes, budget.retiredBytes, "bytes of retired images",
        host)
      check(
        "worker", plugin.id, used.workerBytes ?? 0, budget.workerBytes, "bytes in its worker", host)
    }
  }

  /// Percent of one processor over the window.
  private func percent(_ id: String, _ used: Double) -> Int {
    let now = Deadline.now()
    return state.withLock { state in
      var times = state.times[id] ?? []
      times.append((now, used))
      while times.count > 2, now &- times[1].moment >= Self.window { times.removeFirst() }
      state.times[id] = times
      guard let first = times.first, now > first.moment else { return 0 }
      return Int(max(0, used - first.used) / (Double(now - first.moment) / 1e9) * 100)
    }
  }

  private func check(
    _ resource: String, _ id: String, _ used: Int, _ budget: Int, _ unit: String, _ host: Host
  ) {
    guard budget > 0 else { return }
    let key = "\(id) \(resource)"
    let isNew = state.withLock { state -> Bool in
      if used <= budget - budget / 10 { state.over.remove(key) }
      return used > budget && state.over.insert(key).inserted
    }
    guard isNew else { return }
    let words = "uses more than its budget allows: \(used) of \(budget) \(unit)"
    host.core.log.log(.warning, id, words)
    host.events.publish(
      "plugin.budget", subject: id,
      [
        "resource": .string(resource), "used": .int(Int64(used)), "budget": .int(Int64(budget)),
      ])
  }
}
