import EventBus
import HostSupport

/// What plugins use.
extension Host {
  /// What one plugin uses.
  func resources(of plugin: ManagedPlugin, _ context: ReportContext) -> ResourceReport {
    var report = ResourceReport()
    let worker = plugin.current?.worker.flatMap { WorkerUsage(of: $0) }
    let time = processor.total(of: plugin.id) &+ (worker?.processorTime ?? 0)
    report.cpuSeconds = Double(time) / 1e9
    report.workerBytes = worker?.bytes
    report.retiredImages = plugin.retiredImages
    report.retiredBytes = plugin.retiredBytes
    guard plugin.isActive, let instance = plugin.current?.instance else { return report }
    report.handles = instance.handles
    for subscription in context.subscriptions[instance.owner] ?? [] {
      let (events, bytes) = subscription.queuedSize
      report.queuedEvents += events
      report.queuedBytes += bytes
    }
    return report
  }
}
