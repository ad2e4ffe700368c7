public import PluginHost

extension Views {
  /// A row for each crash.
  public static func crashes(_ reports: [CrashReport], _ style: Style) -> String {
    guard !reports.isEmpty else { return "no plugin has crashed\n" }
    var table = Table([
      ("ID", .right), ("TIME", .left), ("PLUGIN", .left), ("VERSION", .left), ("GEN", .right),
      ("OUTCOME", .left), ("CAUSE", .left),
    ])
    for report in reports {
      let cause = report.cause
      table.add([
        ("\(report.id)", .bold), (report.time, .dim),
        (report.plugin.isEmpty ? "?" : report.plugin, nil), (report.version, nil),
        (report.generation == 0 ? "-" : "\(report.generation)", nil),
        (report.outcome.rawValue, report.outcome == .fatal ? .red : .yellow),
        (cause.count > 100 ? "\(cause.prefix(100))…" : cause, nil),
      ])
    }
    return table.text(style)
  }

  /// What happened, to whom, where, what the host did, and what to do next.
  public static func crash(_ report: CrashReport, _ style: Style) -> String {
    let who =
      report.plugin.isEmpty ? "nobody can be named" : "\(report.plugin) \(report.version)"
    let text =
      style.paint("\(Printable.clean(who)): \(Printable.clean(report.cause))", .bold) + "\n"
    return text
      + pairs(
        [
          ("when", report.time), ("build", report.contentHash),
          ("generation", report.generation == 0 ? nil : "\(report.generation)"),
          ("in", place(of: report)), ("event", event(of: report)), ("signal", signal(of: report)),
          ("exit status", report.exitStatus.map { "\($0)" }),
          ("instruction", report.instruction.map { placed($0) }),
          ("thread", thread(of: report)),
          ("it said", report.message.flatMap { report.cause.contains($0) ? nil : $0 }),
        ], style)
      + section("calls, innermost first:", calls(of: report), nil, style)
      + "\(style.paint("what the host did:", .bold)) \(deed(of: report))\n"
      + "\(style.paint("next:", .bold)) \(Printable.clean(advice(on: report)))\n"
  }

  private static func place(of report: CrashReport) -> String? {
    guard let place = report.place ?? report.phase else { return nil }
    let phase = report.phase == place ? "" : report.phase.map { " (\($0))" } ?? ""
    return place + phase + (report.inHost ? ", in the host's code that it called" : "")
  }

  private static func event(of report: CrashReport) -> String? {
    report.topic.map { $0 + (report.sequence.map { ", number \($0)" } ?? "") }
  }

  private static func signal(of report: CrashReport) -> String? {
    report.signal.map { signal in
      signal + (report.signalCode.map { ", code \($0)" } ?? "")
        + (report.address.map { ", address \($0)" } ?? "")
    }
  }

  private static func thread(of report: CrashReport) -> String? {
    report.thread.map { "\($0)" + (report.threadName.map { " (\($0))" } ?? "") }
  }

  /// The calls, but for those of the host that led to the plugin.
  private static func calls(of report: CrashReport) -> [String] {
    let all = report.backtrace
    let last = all.lastIndex { $0.image?.contains("/\(report.plugin)@") == true } ?? all.count - 1
    let shown = all.prefix(last + 1 + hostCalls)
    let rest = all.count - shown.count
    return shown.enumerated().map { number, frame in
      "\(number < 10 ? " " : "")\(number)  \(placed(frame))"
    } + (rest > 0 ? ["    and \(rest) more of the host, which --json shows"] : [])
  }

  private static let hostCalls = 3

  private static let longestName = 100

  /// A place in code: the function where it is known, and the file.
  private static func placed(_ frame: CrashReport.Frame) -> String {
    let file = frame.image.map { $0.split(separator: "/").last.map(String.init) ?? $0 }
    let inside = file.map { " in \($0)" } ?? ""
    guard let symbol = frame.symbol else {
      return (frame.offset.map { "+\($0)" } ?? frame.address) + inside
    }
    let name = symbol.count > longestName ? "\(symbol.prefix(longestName))…" : symbol
    return "\(name) + \(frame.symbolOffset ?? 0)" + inside
      + (frame.offset.map { " (+\($0))" } ?? "")
  }

  private static func deed(of report: CrashReport) -> String {
    let policy = report.policy.isEmpty ? "" : " (policy \(report.policy))"
    return switch report.outcome {
    case .contained:
      "it contained the crash\(policy), failed the call, put the build into quarantine and went on"
    case .fatal where report.exitStatus != nil:
      "it ended with that status; the next start put the build into quarantine"
    case .fatal where report.plugin.isEmpty:
      "it died of it\(policy); the next start started everything, for nobody was to blame"
    case .fatal: "it died of it\(policy); the next start put the build into quarantine"
    case .worker: "it went on; only the worker process of the plugin died"
    }
  }

  private static func advice(on report: CrashReport) -> String {
    if report.plugin.isEmpty {
      return
        "look at the calls above; a core file tells more: run the host with `ulimit -c unlimited`"
    }
    let again = "`dovetail quarantine clear \(report.plugin)` tries this one again"
    return switch report.outcome {
    case .contained where ["SIGSEGV", "SIGBUS"].contains(report.signal):
      "put a corrected build in place (\(again)), and restart the host soon: its memory may be damaged"
    case .contained: "put a corrected build in place; \(again)"
    case .fatal:
      "put a corrected build in place; \(again). Isolated, its crash ends its worker only"
    case .worker: "put a corrected build in place; see `dovetail why \(report.plugin)`"
    }
  }
}
