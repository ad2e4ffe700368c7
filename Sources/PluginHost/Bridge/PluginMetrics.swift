import CDovetail
import CHostSupport
import EventBus
import HostSupport

/// Collects the figures that a plugin reports of itself.
@safe struct PluginMetrics {
  private let generation: Generation

  init(_ generation: Generation) {
    self.generation = generation
  }

  /// What a plugin's sink fills.
  private final class Collector {
    var figures: [MetricReport] = []
    var refused = 0
    let plugin: String
    init(_ plugin: String) { self.plugin = plugin }

    func keep(_ metric: dvt_metric) {
      guard figures.count < 1000, unsafe metric.label_count <= 16 else {
        refused += 1
        return
      }
      var labels = ["plugin": plugin]
      for index in 0..<(unsafe Int(metric.label_count)) {
        if let label = unsafe metric.labels?[index] {
          unsafe labels[label.name.text] = label.value.text
        }
      }
      let kind: MetricReport.Kind =
        unsafe metric.kind == UInt32(DVT_METRIC_COUNTER) ? .counter : .gauge
      figures.append(
        MetricReport(unsafe metric.name.text, kind, unsafe metric.value, labels: labels))
    }
  }

  /// Milliseconds to wait for somebody else who asks the same plugin.
  private static let patience = 500

  /// Asks the plugin, on this thread; nothing when it fails, crashes, is being reloaded, or has not answered who asked before.
  func collect() -> [MetricReport] {
    let turn = generation.instance.figuresTurn
    guard !generation.isTainted else { return [] }
    guard turn.take(until: .after(milliseconds: Self.patience)) else {
      noteMissing()
      return []
    }
    defer { turn.give() }
    return ask()
  }

  private func noteMissing(_ count: Int = 1) {
    generation.instance.core.losses.note(.figuresMissing, generation.id, count: count)
  }

  private func ask() -> [MetricReport] {
    let collector = Collector(generation.id)
    var sink = unsafe dvt_metric_sink(
      struct_size: UInt32(MemoryLayout<dvt_metric_sink>.size), abi_major: UInt16(DVT_ABI_MAJOR),
      abi_minor: UInt16(DVT_ABI_MINOR), context: Unmanaged.passUnretained(collector).toOpaque(),
      report: { context, metric in
        let side = hs_side_set(HS_SIDE_HOST)
        defer { _ = hs_side_set(side) }
        guard let context = unsafe context, let metric = unsafe metric else { return }
        unsafe Unmanaged<Collector>.fromOpaque(context).takeUnretainedValue().keep(metric.pointee)
      })
    let result = unsafe generation.collectMetrics(&sink)
    if result.failure == .crashed {
      generation.instance.core.onCrash(generation.instance, result.fault, "metrics")
      return []
    }
    noteMissing(collector.refused)
    guard result.code != DVT_OK else { return collector.figures }
    noteMissing()
    return []
  }
}
