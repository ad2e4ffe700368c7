public import PluginHost

extension Views {
  /// A row for each plugin, then why the host does not work as it should.
  public static func list(
    _ plugins: [PluginReport], degraded: [String] = [], _ style: Style
  ) -> String {
    list(plugins, style) + section("the host is degraded:", degraded, .yellow, style)
  }

  private static func list(_ plugins: [PluginReport], _ style: Style) -> String {
    guard !plugins.isEmpty else { return "the host has no plugins\n" }
    // A column only where trust is looked at.
    let showsTrust = plugins.contains { $0.trust != nil }
    var table = Table(
      [
        ("ID", .left), ("VERSION", .left), ("STATE", .left), ("GEN", .right), ("UPTIME", .right),
        ("DELIVERED", .right), ("FAILED", .right),
      ] + (showsTrust ? [("TRUST", .left)] : []) + [("DETAIL", .left)])
    for plugin in plugins {
      let trust: [(String, Style.Paint?)] = showsTrust ? [(plugin.trust ?? "-", nil)] : []
      table.add(
        [
          (plugin.id, nil), (plugin.version, nil),
          (plugin.state, Style.paint(ofState: plugin.state)),
          (plugin.generation == 0 ? "-" : "\(plugin.generation)", nil),
          (plugin.uptimeSeconds.map(span) ?? "-", nil), ("\(plugin.delivered)", nil),
          ("\(plugin.failed)", plugin.failed > 0 ? .yellow : nil),
        ] + trust + [(plugin.detail ?? "", .dim)])
    }
    return table.text(style)
  }

  /// Everything of one plugin.
  public static func info(_ plugin: PluginReport, _ style: Style) -> String {
    let joined = { (list: [String]) in list.joined(separator: ", ") }
    return pairs(
      [
        ("id", plugin.id), ("version", plugin.version), ("state", plugin.state),
        ("detail", plugin.detail), ("summary", plugin.summary), ("file", plugin.path),
        ("generation", plugin.generation == 0 ? nil : "\(plugin.generation)"),
        ("uptime", plugin.uptimeSeconds.map(span)), ("hash", plugin.contentHash),
        ("trust", plugin.trust), ("toolchain", plugin.toolchain),
        ("on unload", plugin.unload.map(unload)), ("requires", joined(plugin.dependencies)),
        ("required by", joined(plugin.dependents)), ("services", joined(plugin.services)),
        ("subscriptions", joined(plugin.subscriptions)), ("delivered", "\(plugin.delivered)"),
        ("failed", "\(plugin.failed)"), ("published", "\(plugin.published)"),
        ("last error", plugin.lastError),
        ("last crash", plugin.lastCrash.map { "dovetail crashes show \($0)" }),
        ("runs in", plugin.worker.map { worker($0, plugin.resources) }),
        ("memory held", bytes(plugin.bytesHeld)),
        ("processor time", plugin.resources.map { "\(decimal($0.cpuSeconds, 2)) s" }),
        ("handles", plugin.resources.map { "\($0.handles)" }),
        (
          "queued",
          plugin.resources.map { "\($0.queuedEvents) events, about \(bytes($0.queuedBytes))" }
        ),
        ("health", plugin.health),
        ("retired builds", plugin.retiredGenerations == 0 ? nil : "\(plugin.retiredGenerations)"),
        ("rollback", plugin.canRollBack ? "possible" : nil),
      ], style)
  }

  /// The chain, one cause a line, then the fix.
  public static func explanation(_ explanation: Explanation, _ style: Style) -> String {
    let state = style.paint(explanation.state, Style.paint(ofState: explanation.state))
    let verb = explanation.state == "failed" ? "has" : "is"
    var text = "\(style.paint(Printable.clean(explanation.id), .bold)) \(verb) \(state).\n"
    for (depth, line) in explanation.chain.enumerated() {
      text += String(repeating: "  ", count: depth + 1) + Printable.clean(line) + "\n"
    }
    if let fix = explanation.fix {
      text += "\(style.paint("fix:", .bold)) \(Printable.clean(fix))\n"
    }
    return text
  }

  private static func worker(_ worker: WorkerReport, _ resources: ResourceReport?) -> String {
    let memory = resources?.workerBytes.map { ", \(bytes($0)) of its own" } ?? ""
    let standby = worker.standby.map { ", process \($0) stands by" } ?? ""
    return "worker process \(worker.pid)\(memory), \(worker.calls) calls\(standby)"
  }

  /// What becomes of an image, in one line.
  static func unload(_ report: UnloadReport) -> String {
    let reasons = report.reasons.isEmpty ? "" : ": \(report.reasons.joined(separator: "; "))"
    switch report.outcome {
    case .unmappable: return "leaves memory"
    case .unmapped: return "unmapped"
    case .retired: return "stays mapped\(reasons)"
    }
  }

  /// A plugin a line, its dependencies below it.
  public static func graph(_ graph: GraphReport, _ style: Style) -> String {
    guard !graph.nodes.isEmpty else { return "the host has no plugins\n" }
    return graph.nodes.map { node in
      let state = style.paint(node.state, Style.paint(ofState: node.state))
      let version = node.version.isEmpty ? "" : " \(Printable.clean(node.version))"
      return "\(style.paint(Printable.clean(node.id), .bold))\(version) \(state)\n"
        + graph.edges.filter { $0.from == node.id }.map { edge($0, style) }.joined()
    }.joined()
  }

  private static func edge(_ edge: GraphReport.Edge, _ style: Style) -> String {
    let range = edge.range.isEmpty ? "" : " \(edge.range)"
    let missing = edge.satisfied ? "" : " (not met)"
    let text = Printable.clean("\(edge.kind) \(edge.to)\(range)\(missing)")
    return "  \(style.paint(text, edge.satisfied ? nil : .red))\n"
  }
}
