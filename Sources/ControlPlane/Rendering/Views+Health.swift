public import PluginHost

extension Views {
  /// How a host and its plugins are: a line for the host, a row for each plugin.
  public static func health(_ report: HealthReport, _ style: Style) -> String {
    let state = style.paint(report.status, paint(ofHealth: report.status))
    let words = [report.live ? "live" : "not live", report.ready ? "ready" : "not ready"]
    let head =
      "\(style.paint(Printable.clean(report.name), .bold)) is \(state), \(words.joined(separator: ", "))\n"
      + report.reasons.map { "  \(style.paint(Printable.clean($0), .red))\n" }.joined()
    guard !report.plugins.isEmpty else { return head }
    var table = Table([
      ("PLUGIN", .left), ("HEALTH", .left), ("SINCE", .left), ("CHECKED", .left), ("TOOK", .right),
      ("REASON", .left),
    ])
    for plugin in report.plugins {
      table.add([
        (plugin.plugin, nil), (plugin.state, paint(ofHealth: plugin.state)),
        (plugin.since ?? "-", nil), (plugin.checked ?? "-", nil),
        (plugin.milliseconds.map { "\(decimal($0, 1)) ms" } ?? "-", nil),
        (plugin.reason ?? "", .dim),
      ])
    }
    return head + table.text(style)
  }

  /// How one plugin is, and was.
  public static func health(of plugin: PluginHealthReport, _ style: Style) -> String {
    let text = pairs(
      [
        ("plugin", plugin.plugin), ("health", plugin.state), ("reason", plugin.reason),
        ("since", plugin.since), ("checked", plugin.checked),
        ("took", plugin.milliseconds.map { "\(decimal($0, 1)) ms" }),
        ("checks", "\(plugin.checks)"),
        ("unhealthy in a row", plugin.unhealthyInRow == 0 ? nil : "\(plugin.unhealthyInRow)"),
        ("restarts", plugin.restarts == 0 ? nil : "\(plugin.restarts)"),
        ("action", plugin.action),
      ], style)
    let changes = plugin.history.map { change in
      "\(change.time)  \(change.state)" + (change.reason.map { ": \($0)" } ?? "")
    }
    return text + section("history:", changes, nil, style)
  }

  static func paint(ofHealth state: String) -> Style.Paint? {
    switch state {
    case "healthy": .green
    case "degraded": .yellow
    case "unhealthy": .red
    default: .dim
    }
  }
}
