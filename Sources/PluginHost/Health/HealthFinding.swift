import EventBus

/// What the host itself can say of a plugin's health.
enum HealthFinding {
  /// So many failures say something; fewer may be chance.
  private static let leastFailures: UInt64 = 3
  /// The part of a plugin's calls that may fail before it is degraded, and before it is unhealthy.
  private static let (someFailures, manyFailures) = (0.1, 0.5)

  /// Judges a plugin.
  ///
  /// - Parameters:
  ///   - instance: The generation that serves.
  ///   - subscriptions: Its own.
  ///   - failed: Calls and deliveries that failed since the last check.
  ///   - delivered: Events that were delivered since then.
  /// - Returns: The worst of what is found.
  static func judge(
    _ instance: PluginInstance, _ subscriptions: [Subscription], failed: UInt64, delivered: UInt64
  ) -> HealthState {
    let calls = max(failed, delivered)
    let part = calls == 0 ? 0 : Double(failed) / Double(calls)
    var state = HealthState.healthy
    if failed >= leastFailures, part >= someFailures {
      let reason =
        "\(failed) of \(calls) calls failed since the last check, the last: "
        + (instance.lastError ?? "for no known reason")
      state = part >= manyFailures ? .unhealthy(reason) : .degraded(reason)
    }
    let reports = subscriptions.map(SubscriptionReport.init)
    let suspended = reports.filter { $0.state == "suspended" }
    if let first = suspended.first {
      let reason =
        "handler '\(first.name)' is suspended: a call of it runs past its time limit"
      state = state.worse(
        suspended.count == reports.count ? .unhealthy(reason) : .degraded(reason))
    }
    let full = reports.first { report in
      guard let capacity = report.capacity, capacity > 0 else { return false }
      return report.queued * 4 >= capacity * 3
    }
    if let full {
      state = state.worse(
        .degraded(
          "the queue of handler '\(full.name)' has \(full.queued) of \(full.capacity ?? 0) places taken"
        ))
    }
    return state
  }
}
