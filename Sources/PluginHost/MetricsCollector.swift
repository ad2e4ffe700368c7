import CDovetail
import CHostSupport
import EventBus
import HostSupport
import MetadataStore
import Synchronization

/// Gathers the figures of the host and of its plugins.
struct MetricsCollector {
  let host: Host

  func collect() -> [MetricReport] {
    let context = ReportContext(host)
    return hostFigures() + host.table.all.flatMap { figures(of: $0, context) }
  }

  private func hostFigures() -> [MetricReport] {
    let bus = host.core.bus
    let store = try? host.core.metadata.stats
    let figures: [MetricReport] = [
      MetricReport(
        "dovetail_uptime_seconds", .gauge, Double(Deadline.now() &- host.startedAt) / 1e9),
      MetricReport("dovetail_live", .gauge, host.standing.isLive ? 1 : 0),
      MetricReport("dovetail_ready", .gauge, host.standing.isReady ? 1 : 0),
      MetricReport("dovetail_resident_bytes", .gauge, Double(ResidentMemory.bytes)),
      MetricReport("dovetail_retired_images", .gauge, Double(host.loader.retired.count)),
      MetricReport("dovetail_retired_bytes", .gauge, Double(host.loader.retired.bytes)),
      MetricReport("dovetail_bus_topics", .gauge, Double(bus.topics.count)),
      MetricReport("dovetail_bus_topics_forgotten_total", .counter, Double(bus.forgottenTopics)),
      MetricReport("dovetail_bus_failed_total", .counter, Double(bus.failed)),
      MetricReport("dovetail_bus_dropped_total", .counter, Double(bus.dropped)),
      MetricReport("dovetail_bus_pending_reclaims", .gauge, Double(bus.pendingReclaims)),
      MetricReport("dovetail_bus_backlog", .gauge, Double(bus.workers.backlog)),
      MetricReport("dovetail_meta_records", .gauge, Double(store?.records ?? 0)),
      MetricReport("dovetail_meta_revision", .counter, Double(store?.revision ?? 0)),
      MetricReport("dovetail_meta_reads_total", .counter, Double(store?.reads ?? 0)),
      MetricReport("dovetail_meta_writes_total", .counter, Double(store?.writes ?? 0)),
      MetricReport("dovetail_meta_conflicts_total", .counter, Double(store?.conflicts ?? 0)),
      MetricReport("dovetail_meta_unsaved", .gauge, Double(store?.unsaved ?? 0)),
    ]
    return figures + eventLogFigures() + lost(host.core.lost)
      + host.core.services.guards.breakers.flatMap { breakerFigures($0.snapshot) }
      + host.core.services.guards.limits.flatMap(limitFigures)
      + Host.busiest(bus.topics).flatMap(topicFigures)
  }

  private func eventLogFigures() -> [MetricReport] {
    let log = host.recording.report
    return [
      MetricReport("dovetail_event_log_bytes", .gauge, Double(log.bytes)),
      MetricReport("dovetail_event_log_records", .gauge, Double(log.count)),
      MetricReport("dovetail_event_log_segments", .gauge, Double(log.segments)),
      MetricReport("dovetail_event_log_queued", .gauge, Double(log.queued)),
      MetricReport("dovetail_event_log_suspended", .gauge, log.state == "suspended" ? 1 : 0),
      MetricReport("dovetail_event_log_recorded_total", .counter, Double(log.recorded)),
      MetricReport("dovetail_event_log_lost_total", .counter, Double(log.lost)),
      MetricReport("dovetail_event_log_displaced_total", .counter, Double(log.displaced)),
    ]
  }

  private func labels(_ name: Breaker.Name) -> [String: String] {
    var labels = ["service": name.service, "plugin": name.provider]
    if !name.caller.isEmpty { labels["caller"] = name.caller }
    if !name.label.isEmpty { labels["label"] = name.label }
    return labels
  }

  /// One figure for each state, 1 for that which it has, as is the custom for states.
  private func breakerFigures(_ breaker: Breaker.Snapshot) -> [MetricReport] {
    let labels = labels(breaker.name)
    let state = BreakerText(breaker).state
    let figures = breaker.figures
    let states = ["closed", "half-open", "open"].map { name in
      MetricReport(
        "dovetail_breaker_state", .gauge, name == state ? 1 : 0,
        labels: labels.merging(["state": name]) { $1 })
    }
    let calls = [
      ("success", figures.succeeded), ("failure", figures.failed), ("ignored", figures.ignored),
      ("rejected", figures.rejected),
    ].map { outcome, count in
      MetricReport(
        "dovetail_breaker_calls_total", .counter, Double(count),
        labels: labels.merging(["outcome": outcome]) { $1 })
    }
    let changes = [
      ("open", figures.opened), ("half-open", figures.halfOpened), ("closed", figures.closed),
    ].map { state, count in
      MetricReport(
        "dovetail_breaker_transitions_total", .counter, Double(count),
        labels: labels.merging(["to": state]) { $1 })
    }
    return states + calls + changes + [
      MetricReport(
        "dovetail_breaker_slow_total", .counter, Double(figures.slow), labels: labels),
      MetricReport(
        "dovetail_breaker_fallbacks_total", .counter, Double(figures.fallenBack), labels: labels),
    ]
  }

  private func limitFigures(
    _ name: Breaker.Name, _ limiter: RateLimiter?, _ bulkhead: Bulkhead?
  ) -> [MetricReport] {
    let labels = labels(name)
    var all: [MetricReport] = []
    if let limiter {
      all += [
        MetricReport(
          "dovetail_ratelimit_available", .gauge, Double(limiter.available), labels: labels),
        MetricReport(
          "dovetail_ratelimit_rejected_total", .counter, Double(limiter.rejected), labels: labels),
      ]
    }
    if let figures = bulkhead?.figures {
      all += [
        MetricReport(
          "dovetail_bulkhead_running", .gauge, Double(figures.running), labels: labels),
        MetricReport(
          "dovetail_bulkhead_waiting", .gauge, Double(figures.waiting), labels: labels),
        MetricReport(
          "dovetail_bulkhead_rejected_total", .counter, Double(figures.rejected), labels: labels),
      ]
    }
    return all
  }

  private func topicFigures(_ topic: Topic) -> [MetricReport] {
    let counts = [
      ("published", topic.published), ("delivered", topic.delivered), ("failed", topic.failed),
      ("retried", topic.retried), ("dropped", topic.dropped), ("dead", topic.dead),
      ("violations", topic.violations),
    ]
    return counts.map { name, value in
      MetricReport(
        "dovetail_topic_\(name)_total", .counter, Double(value), labels: ["topic": topic.name])
    }
  }

  private func subscriptionFigures(_ one: SubscriptionReport) -> [MetricReport] {
    let labels = ["plugin": one.plugin, "subscription": one.name]
    let counts = [
      ("delivered", one.delivered), ("filtered", one.filtered), ("failed", one.failed),
      ("retried", one.retried), ("dropped", one.dropped), ("coalesced", one.coalesced),
      ("dead", one.dead),
    ]
    var gauges = [
      ("queued", Double(one.queued)), ("queued_most", Double(one.highWater)),
      ("oldest_seconds", one.oldestMilliseconds / 1e3),
      ("suspended", one.state == "suspended" ? 1 : 0),
    ]
    if let times = one.handler {
      gauges += [
        ("handler_mean_seconds", times.meanNanoseconds / 1e9),
        ("handler_median_seconds", Double(times.medianNanoseconds) / 1e9),
        ("handler_p99_seconds", Double(times.p99Nanoseconds) / 1e9),
        ("handler_longest_seconds", Double(times.mostNanoseconds) / 1e9),
      ]
    }
    return counts.map { name, value in
      MetricReport(
        "dovetail_subscription_\(name)_total", .counter, Double(value), labels: labels)
    } + gauges.map { MetricReport("dovetail_subscription_\($0)", .gauge, $1, labels: labels) }
  }

  /// 1 is healthy, 0.5 degraded, 0 unhealthy; nothing while it is not known.
  private func healthFigures(_ generation: Generation, _ label: [String: String]) -> [MetricReport]
  {
    guard let record = host.health.record(of: generation.id) else { return [] }
    let value: Double? =
      switch host.health.state(of: generation) {
      case .unknown: nil
      case .healthy: 1
      case .degraded: 0.5
      case .unhealthy: 0
      }
    return [
      MetricReport(
        "dovetail_plugin_health_checks_total", .counter, Double(record.checks), labels: label),
      MetricReport(
        "dovetail_plugin_health_changes_total", .counter, Double(record.changes), labels: label),
    ]
      + (value.map { [MetricReport("dovetail_plugin_healthy", .gauge, $0, labels: label)] } ?? [])
  }

  /// What was lost, by kind and plugin; 0 for kinds that never happened, so that each can be watched from the start.
  private func lost(_ totals: [Losses.Key: UInt64]) -> [MetricReport] {
    let none = Loss.allCases.filter { loss in !totals.keys.contains { $0.loss == loss } }
      .map { Losses.Key(loss: $0, plugin: "") }
    return (Array(totals.keys) + none)
      .sorted { ($0.loss.rawValue, $0.plugin) < ($1.loss.rawValue, $1.plugin) }
      .map { key in
        let labels = key.plugin.isEmpty ? [:] : ["plugin": key.plugin]
        return MetricReport(
          "dovetail_lost_total", .counter, Double(totals[key] ?? 0),
          labels: labels.merging(["kind": key.loss.rawValue]) { $1 })
      }
  }

  private func figures(of plugin: ManagedPlugin, _ context: ReportContext) -> [MetricReport] {
    let label = ["plugin": plugin.id]
    let used = host.resources(of: plugin, context)
    var figures = [
      MetricReport("dovetail_plugin_active", .gauge, plugin.isActive ? 1 : 0, labels: label),
      MetricReport(
        "dovetail_plugin_generation", .gauge, Double(plugin.current?.number ?? 0), labels: label),
      MetricReport(
        "dovetail_plugin_retired_images", .gauge, Double(plugin.retiredImages), labels: label),
      MetricReport(
        "dovetail_plugin_retired_bytes", .gauge, Double(plugin.retiredBytes), labels: label),
      MetricReport("dovetail_plugin_cpu_seconds_total", .counter, used.cpuSeconds, labels: label),
    ]
    guard plugin.isActive, let generation = plugin.current else { return figures }
    let instance = generation.instance
    let own = host.core.bus.subscriptions.filter { $0.owner == instance.owner }
    figures += [
      MetricReport(
        "dovetail_plugin_published_total", .counter, Double(instance.published), labels: label
      ),
      MetricReport(
        "dovetail_plugin_failed_total", .counter, Double(instance.failures), labels: label),
    ]
    figures += [
      MetricReport("dovetail_plugin_handles", .gauge, Double(used.handles), labels: label),
      MetricReport("dovetail_plugin_queued_bytes", .gauge, Double(used.queuedBytes), labels: label),
    ]
    if let bytes = used.workerBytes {
      figures.append(
        MetricReport("dovetail_plugin_worker_bytes", .gauge, Double(bytes), labels: label))
    }
    figures += healthFigures(generation, label)
    for subscription in own { figures += subscriptionFigures(SubscriptionReport(subscription)) }
    return figures + PluginMetrics(generation).collect()
  }
}
