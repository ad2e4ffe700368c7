import FoundationEssentials
import PluginSDK
import PluginTestKit
import Testing

@testable import Analytics

@Suite struct AnalyticsTests {
  private struct Line: Codable {
    var date: String?
    var time: String?
    var action: String?
    var package: String?
  }

  private static func line(_ action: String, _ package: String?, hour: Int = 12) -> Line {
    Line(date: "2026-01-31", time: "\(hour):30:00", action: action, package: package)
  }

  private func send(_ host: TestHost, _ lines: Line...) throws {
    let publisher = try host.context.publisher(EventType<Line>("log-source.line"))
    for line in lines { try publisher.publish(line) }
  }

  private func report(_ host: TestHost, _ request: String = "") throws -> Report {
    try host.reply("analytics.report", request, as: Report.self)
  }

  @Test func `Lines are counted by action and package`() throws {
    let host = try TestHost()
    let plugin = try host.run(Analytics<FirstEdition>.self, id: "analytics")
    try send(
      host, Self.line("install", "a"), Self.line("status", "a"), Self.line("status", "b"),
      Self.line("startup", nil), Line())
    let report = try report(host)
    #expect(report.version == "1.0.0")
    #expect(report.generation == 1)
    #expect(report.lines == 5)
    #expect(report.unparsed == 1)
    #expect(report.topActions.map(\.name) == ["status", "install", "startup"])
    #expect(report.topActions.map(\.lines) == [2, 1, 1])
    #expect(report.topPackages.map(\.name) == ["a", "b"])
    #expect(report.packageCount == 2)
    #expect(report.hours == nil)
    #expect([report.lost, report.duplicated] == [0, 0])
    #expect([report.firstSequence, report.lastSequence] == [1, 5])
    #expect(plugin.metrics()["lines_total"] == 5)
    #expect(plugin.metrics()["packages"] == 2)
  }

  @Test(arguments: [("", 10), (#"{"top": 3}"#, 3), (#"{"top": 0}"#, 0), ("{}", 10)])
  func `A report has as many names as are asked for`(request: String, names: Int) throws {
    let host = try TestHost()
    _ = try host.run(Analytics<FirstEdition>.self)
    for number in 0..<20 { try send(host, Self.line("install", "package-\(number)")) }
    #expect(try report(host, request).topPackages.count == names)
    #expect(try report(host, request).packageCount == 20)
  }

  @Test func `More names than a report can have are refused`() throws {
    let host = try TestHost()
    _ = try host.run(Analytics<FirstEdition>.self)
    let error = #expect(throws: PluginError.self) { try report(host, #"{"top": 1001}"#) }
    #expect(error?.message == "\"top\" is 1001: ask for 0 to 1000 names")
  }

  @Test func `The second edition goes on with the first one's counts and adds hours`() throws {
    let host = try TestHost()
    let first = try host.run(Analytics<FirstEdition>.self, id: "analytics")
    try send(host, Self.line("install", "a"), Self.line("status", "a"))
    let second = try host.reload(
      first, as: Analytics<SecondEdition>.self, schema: "analytics.tally", version: 1)
    try send(host, Self.line("status", "b", hour: 13), Self.line("status", "b", hour: 13))
    let report = try report(host)
    #expect(report.version == "2.0.0")
    #expect(report.generation == 2)
    #expect(report.lines == 4)
    #expect(report.topActions.map(\.lines) == [3, 1])
    #expect(report.hours == ["2026-01-31 13": 2])
    #expect(report.hoursFrom == 3)
    #expect([report.lost, report.duplicated] == [0, 0])
    #expect(second.metrics()["lines_total"] == 4)
  }

  @Test func `The second edition goes on with its own state unchanged`() throws {
    let host = try TestHost()
    let old = try host.run(Analytics<SecondEdition>.self, id: "analytics")
    try send(host, Self.line("install", "a"))
    let before = try old.saveState()
    let new = try host.reload(
      old, as: Analytics<SecondEdition>.self, schema: "analytics.tally", version: 2)
    let decoder = JSONDecoder()
    #expect(
      try decoder.decode(Tally.self, from: Data(new.saveState()))
        == decoder.decode(Tally.self, from: Data(before)))
    #expect(try report(host).hours == ["2026-01-31 12": 1])
  }

  @Test func `The first edition refuses the second one's state and the second goes on`() throws {
    let host = try TestHost()
    let second = try host.run(Analytics<SecondEdition>.self, id: "analytics")
    try send(host, Self.line("install", "a"))
    let error = #expect(throws: PluginError.self) {
      try host.reload(
        second, as: Analytics<FirstEdition>.self, schema: "analytics.tally", version: 2)
    }
    #expect(error?.message == "analytics 1.0.0 reads state versions 1 to 1, not 2")
    #expect(try report(host).version == "2.0.0")
  }

  @Test func `The third edition never starts, and the second one goes on`() throws {
    let host = try TestHost()
    let second = try host.run(Analytics<SecondEdition>.self, id: "analytics")
    let error = #expect(throws: PluginError.self) {
      try host.reload(
        second, as: Analytics<ThirdEdition>.self, schema: "analytics.tally", version: 2)
    }
    #expect(error?.code == .unsupported)
    #expect(
      error?.message == "analytics 3.0.0 needs a machine that is not built yet: stay with 2.0.0")
    try send(host, Self.line("install", "a"))
    #expect(try report(host).lines == 1)
  }

  @Test func `A summary is published when something came, and only then`() throws {
    let host = try TestHost(settings: #"{"summaryInterval": 100}"#)
    _ = try host.run(Analytics<FirstEdition>.self)
    host.advance(milliseconds: 500)
    #expect(try host.payloads("analytics.summary", as: Report.self).isEmpty)
    try send(host, Self.line("install", "a"))
    host.advance(milliseconds: 500)
    #expect(try host.payloads("analytics.summary", as: Report.self).map(\.lines) == [1])
    try send(host, Self.line("install", "b"))
    host.advance(milliseconds: 500)
    #expect(try host.payloads("analytics.summary", as: Report.self).map(\.lines) == [1, 2])
  }

  @Test func `An event that is no line leaves no gap`() throws {
    let host = try TestHost()
    _ = try host.run(Analytics<FirstEdition>.self)
    try host.context.topic("log-source.line").publish(bytes: Array("no JSON".utf8))
    try send(host, Self.line("install", "a"))
    let report = try report(host)
    #expect([report.lines, report.unparsed, report.lost] == [2, 1, 0])
    #expect(
      host.log.count { $0.message.hasPrefix("event 1 of log-source.line is not a line") } == 1)
  }
}
