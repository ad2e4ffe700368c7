import PluginHost
import Testing

@testable import ControlPlane

@Suite struct RenderingTests {
  private let plain = Style(colored: false)

  @Test(
    "knows how wide text is",
    arguments: [
      ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("日本", 4), ("👍", 2), ("👩‍🚀", 2), ("ｆ", 2),
      ("\u{200B}", 0), ("→", 1),
    ])
  func width(text: String, columns: Int) {
    #expect(DisplayWidth.of(text) == columns)
  }

  @Test("aligns columns by width and leaves no blanks at the ends")
  func table() {
    var table = Table([("NAME", .left), ("N", .right), ("", .left)])
    table.add([("日本", nil), ("1", nil), ("", nil)])
    table.add([("a", nil), ("", nil), ("x", nil)])
    table.add([("abcdef", nil), ("1000", nil), ("y", nil)])
    #expect(
      table.text(plain) == "NAME       N\n日本       1\na             x\nabcdef  1000  y\n")
  }

  @Test("paints only when it may")
  func colour() {
    var table = Table([("S", .left)])
    table.add([("active", .green)])
    #expect(table.text(plain) == "S\nactive\n")
    #expect(
      table.text(Style(colored: true)) == "\u{1B}[1mS\u{1B}[0m\n\u{1B}[32mactive\u{1B}[0m\n")
  }

  @Test("a plugin cannot write escape sequences to the operator's terminal")
  func escapes() {
    var plugin = PluginReport(id: "\u{1B}[2J", version: "1\n2", state: "active", path: "")
    plugin.detail = "a\u{202E}b\u{9B}c"
    let text = Views.list([plugin], plain)
    #expect(text.contains("\\u{1b}[2J"))
    #expect(text.contains("1\\u{a}2"))
    #expect(text.contains("a\\u{202e}b\\u{9b}c"))
    #expect(!Views.info(plugin, plain).contains("\u{1B}"))
  }

  @Test(
    "tells spans of time in their two largest units",
    arguments: [
      (0.4, "0 s"), (59, "59 s"), (60, "1 min"), (61, "1 min 1 s"), (3_600, "1 h"),
      (7_265, "2 h 1 min"), (90_000, "1 d 1 h"), (-5, "0 s"), (.infinity, "11574074 d 1 h"),
    ] as [(Double, String)])
  func spans(seconds: Double, text: String) {
    #expect(Views.span(seconds) == text)
  }

  @Test(
    "tells bytes in the largest unit",
    arguments: [(0, "0 B"), (1_023, "1023 B"), (1_536, "1.5 KiB"), (3 << 20, "3.0 MiB")])
  func sizes(count: Int, text: String) {
    #expect(Views.bytes(count) == text)
  }

  @Test(
    "rounds decimals",
    arguments: [
      (1.25, 1, "1.3"), (0.456, 2, "0.46"), (-0.01, 1, "0.0"), (-1.5, 0, "-2"), (2, 2, "2.00"),
    ])
  func decimals(value: Double, digits: Int, text: String) {
    #expect(Views.decimal(value, digits) == text)
  }

  @Test("Prometheus' names and labels are made safe")
  func prometheus() {
    let metric = MetricReport("1 bad-name", .gauge, .infinity, labels: ["a b": "x\"\n\\"])
    #expect(
      Views.prometheus([metric])
        == "# TYPE dovetail__1_bad_name gauge\ndovetail__1_bad_name{a_b=\"x\\\"\\n\\\\\"} +Inf\n")
  }

  @Test("Prometheus' names begin with dovetail once")
  func prometheusPrefix() {
    #expect(
      Views.prometheus([MetricReport("dovetail_uptime_seconds", .gauge, 1)])
        == "# TYPE dovetail_uptime_seconds gauge\ndovetail_uptime_seconds 1\n")
  }

  @Test("a plan with problems shows them, one without changes says so")
  func plans() {
    #expect(Views.plan(PlanReport(order: [], steps: []), plain) == "nothing to do\n")
    #expect(
      Views.plan(PlanReport(order: [], steps: [], problems: ["a needs b"]), plain)
        == "problems:\n  a needs b\n")
  }
}
