import FoundationEssentials
import Glibc
import HostSupport
import TestSupport
import Testing

/// Every way in which plugin code fails, under every policy: what CRASHES.md says of it is what happens.
@Suite(.serialized) struct CrashTests {
  private func zoo(_ mode: CrashTable.Mode) throws -> Zoo {
    try Zoo(configuration: #"{"crash": "\#(mode.rawValue)"}"#)
  }

  private func provoke(_ row: CrashTable.Row, _ zoo: Zoo) throws {
    let isTask = row.deed.hasPrefix("task ")
    _ = try zoo.host.ask(isTask ? "call" : "publish", isTask ? "bad.task" : "zoo.poke")
  }

  private func reports(_ zoo: Zoo) throws -> [JSON] {
    try zoo.host.ask("crashes", "list").json?.array ?? []
  }

  private func check(
    _ report: JSON, _ row: CrashTable.Row, _ mode: CrashTable.Mode, outcome: String,
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    func text(_ member: String) -> String? { report[member]?.string }
    #expect(text("plugin") == "bad", sourceLocation: location)
    #expect(text("version") == "1.0.0", sourceLocation: location)
    #expect(text("contentHash")?.count == 64, sourceLocation: location)
    #expect(report["generation"]?.int == 1, sourceLocation: location)
    #expect(text("outcome") == outcome, sourceLocation: location)
    #expect(text("phase") == "running", sourceLocation: location)
    #expect(text("cause")?.contains(row.saying) == true, "\(report)", sourceLocation: location)
  }

  /// What a report of a signal has beside.
  private func checkPlace(
    _ report: JSON, _ row: CrashTable.Row, _ mode: CrashTable.Mode,
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    #expect(report["policy"]?.string == mode.rawValue, sourceLocation: location)
    let frames = report["backtrace"]?.array ?? []
    let isInPlugin = frames.contains { $0["image"]?.string?.contains("/bad@") == true }
    #expect(isInPlugin, "\(report)", sourceLocation: location)
    guard !row.deed.hasPrefix("task ") else { return }
    #expect(report["topic"]?.string == "zoo.poke", sourceLocation: location)
    // Of a used-up stack only the innermost calls are kept; a jump to nowhere has no tables to unwind by.
    let expected =
      ["recursion": ["recursion", "deeper"], "jump": ["wild_jump"]][row.deed]
      ?? ["do_deed", "commit"]
    let symbols = frames.compactMap { $0["symbol"]?.string }
    #expect(
      symbols.contains { symbol in expected.contains { symbol.contains($0) } }, "\(symbols)",
      sourceLocation: location)
  }

  @Test(arguments: CrashTable.Mode.allCases, CrashTable.rows)
  func `promise 12: What becomes of a failure is what the table says`(
    mode: CrashTable.Mode, row: CrashTable.Row
  ) throws {
    let zoo = try zoo(mode)
    try Mischief(deed: row.deed, language: row.language).place(in: zoo)
    try zoo.host.start()
    try zoo.expect(["bad": "active"])
    try provoke(row, zoo)
    switch try #require(row.outcomes[mode]) {
    case .fails:
      try zoo.expect(["bad": "active", "witness": "active"])
      #expect(try reports(zoo).isEmpty)
    case .contained(let signal):
      try zoo.expect(["bad": "quarantined", "witness": "active"])
      let report = try #require(try reports(zoo).first, "\(zoo.host.log)")
      try check(report, row, mode, outcome: "contained")
      try checkPlace(report, row, mode)
      #expect(report["signal"]?.string == signal)
      #expect(report["place"]?.string == "handler '\(row.language == .swift ? "sync" : "poke")'")
      #expect(try zoo.degraded().first == "bad is quarantined")
    case .fatal(let signal):
      #expect(zoo.host.waitForEnd() == .killed(signal: signal), "\(zoo.host.log)")
      try zoo.host.start()
      try zoo.expect(["bad": "quarantined", "witness": "active"])
      let report = try #require(try reports(zoo).first, "\(zoo.host.log)")
      try check(report, row, mode, outcome: "fatal")
      try checkPlace(report, row, mode)
    case .exits(let status):
      #expect(zoo.host.waitForEnd() == .exited(status))
      try zoo.host.start()
      try zoo.expect(["bad": "quarantined", "witness": "active"])
      let report = try #require(try reports(zoo).first, "\(zoo.host.log)")
      try check(report, row, mode, outcome: "fatal")
      #expect(report["exitStatus"]?.int == Int64(status))
    }
    #expect(!zoo.host.log.contains("came through the host"))
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test func `the table of CRASHES.md is the one that is proven`() throws {
    let path = "\(Workshop.root)/Sources/PluginHost/Supervision/CRASHES.md"
    let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
    let documented = text.split(separator: "\n").filter { line in
      Mischief.Language.allCases.contains { line.hasPrefix("| \($0.rawValue) |") }
    }.map { $0.split(separator: "|").map { $0.split(separator: " ").joined(separator: " ") } }
    let proven = CrashTable.rows.map { row in
      [row.language.rawValue, row.failure]
        + CrashTable.Mode.allCases.map { Self.words(of: row.outcomes[$0]) }
    }
    #expect(documented.map { Array($0.prefix(5)) } == proven)
  }

  private static let names = [
    SIGILL: "SIGILL", SIGABRT: "SIGABRT", SIGSEGV: "SIGSEGV", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE",
  ]

  private static func words(of outcome: CrashTable.Outcome?) -> String {
    switch outcome {
    case .contained(let signal): "contained (\(signal))"
    case .fatal(let signal): "fatal (\(names[signal] ?? ""))"
    case .exits: "the host ends"
    case .fails: "the call fails"
    case nil: ""
    }
  }

  @Test func `a plugin's own policy goes before the host's`() throws {
    let zoo = try Zoo(
      configuration: #"{"crash": "off", "crashPolicies": {"bad": "contain-all"}}"#)
    try Mischief(deed: "null", language: .c).place(in: zoo)
    try Mischief(id: "worse", deed: "trap", language: .c).place(in: zoo)
    try zoo.host.start()
    // In the order of their ids: the first is contained, the second is not.
    _ = try zoo.host.ask("publish", "zoo.poke")
    #expect(zoo.host.waitForEnd() == .killed(signal: SIGILL), "\(zoo.host.log)")
    try zoo.host.start()
    let outcomes = try reports(zoo).map {
      "\($0["plugin"]?.string ?? "") \($0["outcome"]?.string ?? "") \($0["policy"]?.string ?? "")"
    }
    #expect(outcomes.first == "worse fatal off")
    zoo.expectCleanEnd()
  }

  /// The first crash of a generation takes it out of service, but that is the control thread's work. While the host starts, that
  /// thread waits for the plugins' last phase: the herald publishes there.
  private func crashAThousandTimes(
    _ bad: Mischief, each kinds: Int, grows limit: Int64,
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    let zoo = try zoo(.containAll)
    let rounds = 1_000 * kinds
    try bad.place(in: zoo)
    try Mischief(id: "herald", deed: "nothing", language: .c, rounds: rounds).place(in: zoo)
    try zoo.host.start(milliseconds: 60_000)
    try zoo.expect(["bad": "quarantined", "herald": "active", "witness": "active"], location)
    let metrics = try zoo.host.ask("metrics").json?.array ?? []
    let failed = metrics.first { $0["name"]?.string == "dovetail_bus_failed_total" }
    #expect(failed?["value"]?.int == Int64(rounds), sourceLocation: location)
    let growth = Int64(try zoo.host.call("herald.growth") ?? "") ?? .max
    #expect(growth < limit, "the host grew by \(growth) KiB", sourceLocation: location)
    #expect(try reports(zoo).count == 1, sourceLocation: location)
    try zoo.expectWitnessWorks(location)
    zoo.expectCleanEnd(location)
  }

  @Test func `promise 4: A host survives 1,000 crashes of each kind of C in flat memory`() throws {
    let kinds = [
      "null", "jump", "truncated", "abort", "divide", "trap", "double-free", "heap", "recursion",
      "longjmp", "raise",
    ]
    try crashAThousandTimes(
      Mischief(deed: "all", language: .c, order: kinds), each: kinds.count, grows: 1_024)
  }

  @Test func `promise 4: A host survives 1,000 crashes of each kind of C++ in flat memory`() throws
  {
    let kinds = ["throw", "terminate", "pure"]
    try crashAThousandTimes(
      Mischief(deed: "all", language: .cPlusPlus, order: kinds), each: kinds.count, grows: 1_024)
  }

  @Test func `promise 4: A host survives 1,000 crashes of each kind of Swift in flat memory`()
    throws
  {
    try crashAThousandTimes(Mischief(deed: "all", language: .swift), each: 8, grows: 1_024)
  }
}
