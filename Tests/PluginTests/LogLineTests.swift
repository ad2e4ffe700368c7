import LogSource
import Testing

@Suite struct LogLineTests {
  /// A line and what it is taken apart into.
  struct Case: Sendable {
    let text: String
    var action: String?
    var status: String?
    var package: String?
    var details: [String]?
  }

  static let parsed = [
    Case(
      text: "2026-01-31 12:00:00 startup archives unpack", action: "startup",
      details: ["archives", "unpack"]),
    Case(
      text: "2026-01-31 12:00:00 install zlib1g:amd64 <none> 1:1.2", action: "install",
      package: "zlib1g:amd64", details: ["<none>", "1:1.2"]),
    Case(
      text: "2026-01-31 12:00:00 upgrade a:all 1 2", action: "upgrade", package: "a:all",
      details: ["1", "2"]),
    Case(
      text: "2026-01-31 12:00:00 status half-installed a:all 1", action: "status",
      status: "half-installed", package: "a:all", details: ["1"]),
    Case(
      text: "2026-01-31 12:00:00 conffile /etc/a keep", action: "conffile",
      details: ["/etc/a", "keep"]),
    Case(text: "2026-01-31 12:00:00 status", action: "status", details: []),
    Case(text: "2026-01-31 12:00:00 purge", action: "purge", details: []),
    Case(text: "2026-01-31  12:00:00   purge  a", action: "purge", package: "a", details: []),
  ]

  @Test(arguments: parsed)
  func `A line of dpkg's log is taken apart`(wanted: Case) {
    let line = LogLine(7, Array(wanted.text.utf8)[...])
    #expect(line.line == 7)
    #expect(line.text == wanted.text)
    #expect(line.date == "2026-01-31")
    #expect(line.time == "12:00:00")
    #expect(line.action == wanted.action)
    #expect(line.status == wanted.status)
    #expect(line.package == wanted.package)
    #expect(line.details == wanted.details)
  }

  @Test(arguments: [
    "", " ", "hello", "2026-01-31 12:00:00", "2026-01-31 12:00 purge a",
    "2026/01/31 12:00:00 purge a",
    "26-01-31 12:00:00 purge a", "x2026-01-31 12:00:00 purge a", "purge 2026-01-31 12:00:00",
  ])
  func `A line of another form keeps its text only`(text: String) {
    let line = LogLine(1, Array(text.utf8)[...])
    #expect(line.text == text)
    #expect(line.date == nil)
    #expect(line.action == nil)
    #expect(line.details == nil)
  }

  @Test func `A carriage return, bytes that are no UTF-8, and what is too long do no harm`() {
    #expect(LogLine(1, Array("a\r".utf8)[...]).text == "a")
    #expect(LogLine(1, [0x61, 0xFF, 0x62]).text == "a\u{FFFD}b")
    let long = [UInt8](repeating: 0x61, count: LogLine.textLimit + 1)
    #expect(LogLine(1, long[...]).text.utf8.count == LogLine.textLimit)
  }
}
