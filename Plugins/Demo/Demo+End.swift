import HostSupport
import PluginHost

/// The end of the log: figures, and whether they are right.
extension Demo {
  /// Waits for the end of the log, compares, ends the host and tells the figures.
  func finish() throws(DemoError) {
    note = "reading on"
    try until("the end of the log", seconds: 3_600) { () throws(DemoError) in
      let status = try client().call("log-source.status")
      return status["isAtEnd"]?.bool == true && number(status, "lines") >= expected ? true : nil
    }
    let status = try client().call("log-source.status")
    let read = UInt64(clamping: status["lines"]?.int ?? 0)
    let counted = try IndependentCount(arguments.log, bytes: Int(status["offset"]?.int ?? 0))
    let report = try awaitReport(of: read)
    try awaitRecord(of: read)
    terminal.endProgress()
    try tell("the log is read")
    compare(report, counted, read)
    try tellFigures(report, counted, read)
    try stopHost()
  }

  private func awaitReport(of lines: UInt64) throws(DemoError) -> JSON {
    let ask: JSON = .object(["top": .int(1_000)])
    let deadline = Deadline.after(milliseconds: 30_000)
    return try until("analytics to count all lines", seconds: 60) { () throws(DemoError) in
      let report = try client().call("analytics.report", ask)
      // Whatever is missing by then is lost, and said to be.
      return number(report, "lines") >= lines || deadline.hasPassed ? report : nil
    }
  }

  private func awaitRecord(of lines: UInt64) throws(DemoError) {
    do throws(DemoError) {
      try until("record-keeper to keep the result", seconds: 10) { () throws(DemoError) in
        let wanted: [String: JSON] = [
          "collection": .string("record-keeper"), "prefix": .string("run-"),
        ]
        let records = try client().ask("meta.list", wanted, as: [RecordReport].self)
        return records.contains { $0.value["lines"]?.int == Int64(lines) } ? true : nil
      }
    } catch {
      faults.append("\(error)")
    }
  }

  private func compare(_ report: JSON, _ counted: IndependentCount, _ read: UInt64) {
    check("lines read", read, "wc", counted.lines)
    check("lines that analytics counted", number(report, "lines"), "wc", counted.lines)
    check("events lost", number(report, "lost"), "it must be", 0)
    check("events that came twice", number(report, "duplicated"), "it must be", 0)
    check("packages", number(report, "packageCount"), "awk", UInt64(counted.packages))
    var actions: [String: UInt64] = [:]
    for entry in report["topActions"]?.array ?? [] {
      actions[entry["name"]?.string ?? ""] = number(entry, "lines")
    }
    for name in Set(actions.keys).union(counted.actions.keys).sorted() {
      check("lines with action \(name)", actions[name] ?? 0, "awk", counted.actions[name] ?? 0)
    }
  }

  private func check(_ what: String, _ got: UInt64, _ who: String, _ wanted: UInt64) {
    guard got != wanted else { return }
    faults.append("\(what): \(Terminal.grouped(got)), but \(who) says \(Terminal.grouped(wanted))")
  }

  private func tellFigures(
    _ report: JSON, _ counted: IndependentCount, _ read: UInt64
  ) throws(DemoError) {
    let info = try client().ask("host.info", as: HostReport.self)
    let published = try client().figure("dovetail_plugin_published_total", of: "log-source")
    let kept = try client().figure("writes_total", of: "record-keeper")
    let megabytes = { (bytes: Int) in Terminal.fixed(Double(bytes) / 1_048_576, 1) }
    terminal.say()
    row("lines in the log, by wc", Terminal.grouped(counted.lines))
    row("lines read", Terminal.grouped(read))
    row("events published", Terminal.grouped(UInt64(published)), "the lines, and one for the end")
    row(
      "events delivered", Terminal.grouped(number(report, "lines")),
      "to analytics, first 1.0.0, then 2.0.0")
    row("lost", Terminal.grouped(number(report, "lost")))
    row("duplicated", Terminal.grouped(number(report, "duplicated")))
    row(
      "results kept by record-keeper", Terminal.grouped(UInt64(kept)), "times, by compare-and-set")
    row("reload pause", "\(Terminal.fixed(figures.pause, 1)) ms", "gates closed, 1.0.0 → 2.0.0")
    row(
      "memory", "\(megabytes(info.residentBytes)) MB",
      "\(megabytes(figures.residentAtStart)) MB at the start; \(info.retiredImages) retired images")
    terminal.say()
    tellCounts(report, counted)
  }

  private func tellCounts(_ report: JSON, _ counted: IndependentCount) {
    row("lines by action", "analytics", "       awk")
    for entry in report["topActions"]?.array ?? [] {
      let name = entry["name"]?.string ?? ""
      row(
        "  \(name)", Terminal.grouped(number(entry, "lines")),
        column(counted.actions[name] ?? 0))
    }
    row(
      "packages", Terminal.grouped(number(report, "packageCount")),
      column(UInt64(counted.packages)))
    terminal.say()
  }

  private func column(_ number: UInt64) -> String {
    let text = Terminal.grouped(number)
    return String(repeating: " ", count: max(0, 10 - text.count)) + text
  }

  private func row(_ name: String, _ value: String, _ remark: String = "") {
    let left = "  " + name + String(repeating: " ", count: max(1, 32 - name.count))
    let right = String(repeating: " ", count: max(0, 10 - value.count)) + value
    terminal.say(left + right + (remark.isEmpty ? "" : "  \(remark)"))
  }

  private func stopHost() throws(DemoError) {
    _ = try client().ask("host.stop", as: JSON.self)
    let deadline = Deadline.after(milliseconds: 30_000)
    while host.ended == nil, !deadline.hasPassed { host.waitBriefly() }
    try expect(host.ended == 0, "the host did not end cleanly: status \(host.ended ?? -1)")
    host.kill()
  }

  private func number(_ object: JSON, _ name: String) -> UInt64 {
    UInt64(clamping: object[name]?.int ?? 0)
  }
}
