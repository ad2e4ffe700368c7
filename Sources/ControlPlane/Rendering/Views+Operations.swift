public import PluginHost

extension Views {
  /// A row for each step, then the problems.
  public static func plan(_ plan: PlanReport, _ style: Style) -> String {
    let changes = plan.steps.filter { $0.action != .keep }
    var text = "nothing to do\n"
    if !changes.isEmpty {
      var table = Table([("ACTION", .left), ("ID", .left), ("VERSION", .left), ("WHY", .left)])
      for step in changes {
        let paint: Style.Paint? = step.action == .block ? .red : .green
        table.add([
          (step.action.rawValue, paint), (step.plugin, nil),
          (versions(step.fromVersion, step.toVersion), nil), (step.reason, .dim),
        ])
      }
      text = table.text(style)
    } else if !plan.problems.isEmpty {
      text = ""
    }
    return text + section("problems:", plan.problems, .red, style)
  }

  /// A line for each change, then the warnings.
  public static func operation(_ report: OperationReport, _ style: Style) -> String {
    let warnings = section("warnings:", report.warnings, .yellow, style)
    if let plan = report.plan { return Views.plan(plan, style) + warnings }
    let took = style.paint("(\(decimal(report.milliseconds, 1)) ms)", .dim)
    guard !report.changes.isEmpty else { return "nothing changed \(took)\n" + warnings }
    return report.changes.map { change($0, style) }.joined()
      + "\(report.operation) done \(took)\n" + warnings
  }

  private static func change(_ change: OperationReport.Change, _ style: Style) -> String {
    var parts = [style.paint(change.action, Style.paint(ofState: change.state))]
    let version = versions(change.fromVersion, change.toVersion)
    if !version.isEmpty { parts.append(Printable.clean(version)) }
    if change.fromGeneration != change.toGeneration, change.toGeneration > 0 {
      let from = change.fromGeneration > 0 ? "\(change.fromGeneration) → " : ""
      parts.append("generation \(from)\(change.toGeneration)")
    }
    if let pause = change.pauseMilliseconds { parts.append("paused \(decimal(pause, 2)) ms") }
    if let unload = change.unload {
      parts.append("former image \(Printable.clean(Views.unload(unload)))")
    }
    let reason = change.reason.map { "\n  \(Printable.clean($0))" } ?? ""
    return "\(style.paint(Printable.clean(change.plugin), .bold)): "
      + parts.joined(separator: ", ") + reason + "\n"
  }

  private static func versions(_ from: String?, _ to: String?) -> String {
    switch (from, to) {
    case (let from?, let to?) where from != to: "\(from) → \(to)"
    case (_, let version?), (let version?, nil): version
    case (nil, nil): ""
    }
  }

  /// A row for each build.
  public static func quarantine(_ builds: [QuarantineReport], _ style: Style) -> String {
    guard !builds.isEmpty else { return "no build is quarantined\n" }
    var table = Table([
      ("ID", .left), ("VERSION", .left), ("HASH", .left), ("SINCE", .left), ("TIMES", .right),
      ("CAUSE", .left),
    ])
    for build in builds {
      table.add([
        (build.plugin.isEmpty ? "?" : build.plugin, nil), (build.version, nil),
        (String(build.contentHash.prefix(12)), nil), (build.since, nil), ("\(build.count)", nil),
        (build.cause, .red),
      ])
    }
    return table.text(style)
  }

  /// A row for each rule that takes events from topic to topic.
  public static func routes(_ routes: [RouteReport], _ style: Style) -> String {
    guard !routes.isEmpty else { return "no route takes events from topic to topic\n" }
    var table = Table([
      ("FROM", .left), ("TO", .left), ("MODE", .left), ("OWNER", .left), ("NAME", .left),
      ("ROUTED", .right),
      ("LOOPS", .right), ("FILTER", .left),
    ])
    for route in routes {
      table.add([
        (route.from, nil), (route.to, nil), (route.mode, nil), (route.owner, nil),
        (route.name, nil), ("\(route.routed)", nil),
        ("\(route.loops)", route.loops > 0 ? .red : nil),
        (route.filter.joined(separator: ", "), nil),
      ])
    }
    return table.text(style)
  }

  /// The story of one build.
  public static func quarantined(_ build: QuarantineReport, _ style: Style) -> String {
    pairs(
      [
        ("id", build.plugin), ("version", build.version), ("file", build.path),
        ("hash", build.contentHash), ("since", build.since), ("times", "\(build.count)"),
        ("cause", build.cause),
      ], style) + section("story:", build.chain, nil, style)
      + "\(style.paint("fix:", .bold)) replace the file by a corrected build, or try this one again:"
      + " dovetail quarantine clear \(build.contentHash.prefix(12))\n"
  }

  /// What was cleared.
  public static func cleared(_ builds: [QuarantineReport], _ style: Style) -> String {
    guard !builds.isEmpty else { return "nothing to clear\n" }
    return builds.map {
      "cleared \(Printable.clean($0.plugin)) \($0.contentHash.prefix(12)): "
        + "load it with `dovetail load \(Printable.clean($0.plugin))`\n"
    }.joined()
  }
}
