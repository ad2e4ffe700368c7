import PluginHost

extension Views {
  /// The whole: the host, its plugins, the busiest topics, the fullest queues and the slowest handlers.
  ///
  /// - Parameters:
  ///   - report: What to show.
  ///   - rows: Most rows of each table.
  ///   - style: How to paint.
  /// - Returns: Lines.
  public static func top(_ report: TopReport, rows: Int, _ style: Style) -> String {
    let host = report.host
    let head = [
      "\(style.paint(Printable.clean(host.name), .bold)) (pid \(host.pid))",
      "up \(span(host.uptimeSeconds))", bytes(host.residentBytes),
    ].joined(separator: "  ")
    let tables = [
      pluginTable(report, rows, style), topicTable(report, rows, style),
      queueTable(report, rows, style), slowestTable(report, rows, style),
    ].filter { !$0.isEmpty }
    return "\(head)\n\(rates(report))\n\n" + tables.joined(separator: "\n")
  }

  /// The whole in one line.
  static func topLine(_ report: TopReport) -> String {
    let active = report.plugins.count { $0.state == "active" }
    return "\(rates(report))  plugins \(active)/\(report.plugins.count) active\n"
  }

  private static func rates(_ report: TopReport) -> String {
    "published \(rate(report.published))  delivered \(rate(report.delivered))  "
      + "failed \(rate(report.failed))  dropped \(rate(report.dropped))  queued \(report.queued)"
  }

  private static func rate(_ value: Double) -> String {
    "\(decimal(value, value < 10 && value > 0 ? 1 : 0))/s"
  }

  private static func pluginTable(_ report: TopReport, _ rows: Int, _ style: Style) -> String {
    let troubled = report.plugins.filter { $0.state != "active" }
    let shown = troubled + report.plugins.filter { $0.state == "active" }
    var table = Table([
      ("PLUGIN", .left), ("STATE", .left), ("GEN", .right), ("CALLS/S", .right),
      ("FAILED", .right), ("CPU", .right), ("HANDLES", .right), ("QUEUED", .right),
      ("HELD", .right), ("DETAIL", .left),
    ])
    for plugin in shown.prefix(rows) {
      let calls = report.subscriptions.filter { $0.subscription.plugin == plugin.id }
        .map(\.delivered).reduce(0, +)
      table.add([
        (plugin.id, nil), (plugin.state, Style.paint(ofState: plugin.state)),
        (plugin.generation == 0 ? "-" : "\(plugin.generation)", nil), (rate(calls), nil),
        bad(UInt64(max(0, plugin.failed))),
        ("\(decimal(report.cpuPercent[plugin.id] ?? 0, 1)) %", nil),
        ("\(plugin.resources?.handles ?? 0)", nil),
        (bytes(plugin.resources?.queuedBytes ?? 0), nil),
        (bytes((plugin.resources?.workerBytes ?? 0) + plugin.bytesHeld), nil),
        (plugin.detail ?? "", .dim),
      ])
    }
    return shown.isEmpty ? "" : table.text(style)
  }

  private static func topicTable(_ report: TopReport, _ rows: Int, _ style: Style) -> String {
    var table = Table([
      ("TOPIC", .left), ("PUBLISHED", .right), ("DELIVERED", .right), ("FAILED", .right),
      ("DROPPED", .right), ("QUEUED", .right),
    ])
    for one in report.topics.prefix(rows) {
      table.add([
        (one.topic.name, nil), (rate(one.published), nil), (rate(one.delivered), nil),
        bad(one.topic.failed), bad(one.topic.dropped), ("\(one.topic.queued)", nil),
      ])
    }
    return report.topics.isEmpty ? "" : table.text(style)
  }

  private static func queueTable(_ report: TopReport, _ rows: Int, _ style: Style) -> String {
    let queues = report.subscriptions.map(\.subscription).filter { $0.capacity != nil }
      .sorted { filled($0) > filled($1) }
    var table = Table([
      ("QUEUE", .left), ("STATE", .left), ("QUEUED", .right), ("OF", .right), ("MOST", .right),
      ("OLDEST", .right), ("DROPPED", .right),
    ])
    for one in queues.prefix(rows) {
      table.add([
        ("\(one.plugin) \(one.name)", nil),
        (one.state, one.state == "active" ? .green : .yellow),
        ("\(one.queued)", filled(one) >= 0.75 ? .red : nil), ("\(one.capacity ?? 0)", nil),
        ("\(one.highWater)", nil), (time(one.oldestMilliseconds * 1e6), nil), bad(one.dropped),
      ])
    }
    return queues.isEmpty ? "" : table.text(style)
  }

  private static func filled(_ one: SubscriptionReport) -> Double {
    Double(one.queued) / Double(max(1, one.capacity ?? 1))
  }

  private static func slowestTable(_ report: TopReport, _ rows: Int, _ style: Style) -> String {
    let timed = report.subscriptions.filter { $0.subscription.handler != nil }
      .sorted { mean(of: $0) > mean(of: $1) }
    var table = Table([
      ("SLOWEST HANDLER", .left), ("CALLS/S", .right), ("MEAN", .right), ("MEDIAN", .right),
      ("P99", .right), ("LONGEST", .right),
    ])
    for one in timed.prefix(rows) {
      guard let times = one.subscription.handler else { continue }
      table.add([
        ("\(one.subscription.plugin) \(one.subscription.name)", nil), (rate(one.delivered), nil),
        (time(times.meanNanoseconds), nil), (time(Double(times.medianNanoseconds)), nil),
        (time(Double(times.p99Nanoseconds)), nil), (time(Double(times.mostNanoseconds)), nil),
      ])
    }
    return timed.isEmpty ? "" : table.text(style)
  }

  private static func mean(of one: TopReport.SubscriptionRates) -> Double {
    one.subscription.handler?.meanNanoseconds ?? 0
  }
}
