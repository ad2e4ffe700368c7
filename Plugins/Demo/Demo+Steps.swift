import Glibc
import HostSupport
import PluginHost

/// What happens while lines flow.
extension Demo {
  /// Lets plugins come, change, fail and go.
  func playSteps() throws(DemoError) {
    try atShare(5) { () throws(DemoError) in try dropHeartbeat() }
    try atShare(20) { () throws(DemoError) in try replaceAnalytics() }
    try atShare(40) { () throws(DemoError) in try replaceByFailingBuild() }
    try atShare(60) { () throws(DemoError) in try unloadAndLoadHello() }
  }

  /// Waits until so many percent of the log were read; a step that ends after the log does is a fault.
  private func atShare(_ percent: UInt64, _ step: () throws(DemoError) -> Void) throws(DemoError) {
    let wanted = expected * percent / 100
    try until("line \(wanted)", seconds: 600) { () throws(DemoError) in
      try linesRead() >= wanted ? true : nil
    }
    try step()
    guard try linesRead() < expected else {
      return faults.append(
        "the log was read before the step at \(percent) % had ended: use a longer one")
    }
  }

  private func dropHeartbeat() throws(DemoError) {
    note = "dropping heartbeat into the folder"
    let beats = try Follower(host.socket, "heartbeat.beat")
    let began = Deadline.now()
    try drop("libheartbeat.so", as: "libheartbeat.so")
    try until("heartbeat's first beat", seconds: 20) { beats.first("heartbeat.beat") }
    try tell("dropped libheartbeat.so into the folder: its first beat came after \(since(began))")
  }

  private func replaceAnalytics() throws(DemoError) {
    note = "replacing analytics 1.0.0 by 2.0.0"
    let began = Deadline.now()
    try drop("libanalytics-v2.so", as: "libanalytics.so")
    let event = try until("the reload of analytics", seconds: 20) {
      figures.follower?.first("plugin.reloaded", subject: "analytics")
    }
    figures.pause = event.data["pause_ms"]?.double ?? 0
    let report = try client().call("analytics.report")
    try expect(
      report["version"]?.string == "2.0.0", "analytics 2.0.0 does not answer after its reload")
    let since = report["hoursFrom"]?.int ?? 0
    try tell(
      "replaced analytics 1.0.0 by 2.0.0 in the folder: live after \(self.since(began)), paused "
        + "\(Terminal.fixed(figures.pause, 1)) ms")
    tellMore(
      "it took over the counts of 1.0.0, and counts hours from event \(Terminal.grouped(since)) on")
  }

  private func replaceByFailingBuild() throws(DemoError) {
    note = "replacing analytics 2.0.0 by 3.0.0, whose init fails"
    try drop("demo/libanalytics-v3.so", as: "libanalytics.so")
    let event = try until("the rollback of analytics", seconds: 20) {
      figures.follower?.first("plugin.rolledback", subject: "analytics")
    }
    let before = try client().call("analytics.report")
    try expect(
      before["version"]?.string == "2.0.0", "analytics 2.0.0 does not answer after the rollback")
    let counted = before["lines"]?.int ?? 0
    try until("analytics to count on", seconds: 20) { () throws(DemoError) in
      try client().call("analytics.report")["lines"]?.int ?? 0 > counted ? true : nil
    }
    try tell("replaced it by 3.0.0, whose init fails: rolled back, 2.0.0 goes on counting")
    let reason = event.data["reason"]?.string ?? "no reason was given"
    tellMore("the host: " + reason.split(separator: "; ").joined(separator: ";\n" + indentation))
  }

  private func unloadAndLoadHello() throws(DemoError) {
    note = "unloading and loading hello-c"
    let mapped = try host.mappings(of: "/hello-c@")
    let report = try client().ask(
      "plugins.unload", ["id": .string("hello-c")], as: OperationReport.self)
    let left = try host.mappings(of: "/hello-c@")
    let outcome = report.changes.first { $0.plugin == "hello-c" }?.unload?.outcome
    try expect(
      outcome == .unmapped && mapped > 0 && left == 0, "hello-c is still mapped after its unload")
    try tell("unloaded hello-c: \(mapped) mappings before, \(left) after")
    _ = try client().ask("plugins.load", ["target": .string("hello-c")], as: OperationReport.self)
    let greeting = try client().call("hello-c.greet", .string("World")).string
    try expect(
      greeting == "Hello, World, says C", "hello-c does not greet after it was loaded again")
    try tell("loaded it again: \"\(greeting ?? "")\"")
  }

  /// Notes a fault unless something holds.
  func expect(_ holds: Bool, _ fault: String) throws(DemoError) {
    if !holds { faults.append(fault) }
  }

  private func since(_ began: UInt64) -> String {
    "\(Terminal.fixed(Double(Deadline.now() &- began) / 1e9, 2)) s"
  }
}
