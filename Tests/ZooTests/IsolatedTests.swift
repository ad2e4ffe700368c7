import FoundationEssentials
import Glibc
import HostSupport
import TestSupport
import Testing

/// The zoo's creatures in worker processes: what ends a host in which they are guests costs here only them.
@Suite(.serialized) struct IsolatedTests {
  /// What a creature does, and what the host says of its worker then.
  struct Row: Sendable, CustomTestStringConvertible {
    let deed: String
    let place: String
    /// Begins behind "its worker ".
    let cause: String

    var testDescription: String { "\(deed) in \(place)" }
    var flags: [String] {
      let at = place == "ASYNC" ? ["-DAT=HANDLER", "-DASYNC"] : ["-DAT=\(place)"]
      return at + ["-DDO=\(deed)", "-DWHEN_ASKED"]
        + (place == "CONSTRUCTOR" ? ["-DCONSTRUCTS"] : [])
    }
  }

  static let configuration = """
    {"isolation": {"isolated": ["bad"], "callDeadline": 400, "restarts": 2, "restartDelay": 1,
      "limits": {"memory": 67108864}}}
    """

  private static let swiftConfiguration =
    #"{"isolation": {"isolated": ["bad"], "callDeadline": 4000, "restartDelay": 1}}"#

  /// Deeds that end a process, or ought to, with what is said of them.
  private static let deeds = [
    ("SEGV", "died of SIGSEGV at 0x8"), ("TRAP", "died of SIGILL at 0x"),
    ("ABORT", "died of SIGABRT"), ("EXIT", "exited with status 7"),
    ("QUICK_EXIT", "exited with status 7"), ("KILL", "was killed by SIGKILL"),
    ("OVERFLOW", "died of SIGSEGV at 0x"), ("HOARD", "died of SIGABRT"),
    ("HANG", "did not come back"), ("SPIN", "did not come back"),
  ]

  private static func rows(_ places: [String], _ deeds: [(String, String)] = deeds) -> [Row] {
    places.flatMap { place in deeds.map { Row(deed: $0.0, place: place, cause: $0.1) } }
  }

  private func zoo(_ row: Row, _ more: String = "") throws -> Zoo {
    let zoo = try Zoo(configuration: Self.configuration)
    try zoo.add("bad", row.flags, more)
    try zoo.add("pet")
    try zoo.host.start()
    return zoo
  }

  /// Has the bad one misbehave in a call that somebody waits for, or nobody.
  private func provoke(_ row: Row, _ zoo: Zoo) throws {
    switch row.place {
    case "SERVICE":
      let reply = try zoo.host.ask("call", "bad.poke", "--data", "now")
      #expect(reply.status != 0, "\(reply.output)")
    case "METRICS": _ = try zoo.host.ask("metrics")
    default: #expect(try zoo.host.ask("publish", "zoo.poke", "--data", "now").status == 0)
    }
  }

  // MARK: While it serves

  @Test(
    arguments: rows(["HANDLER"])
      + rows(["ASYNC"], [("SEGV", "died of SIGSEGV at 0x8"), ("CHATTER", "did not come back")])
      + rows(
        ["SERVICE"],
        [
          ("SEGV", "died of SIGSEGV at 0x8"), ("HANG", "did not come back"),
          ("EXIT", "exited with status 7"), ("CHATTER", "did not come back"),
        ]))
  func `promise 4: What ends a worker in a call costs its plugin one instance, and nobody else`(
    row: Row
  ) throws {
    let zoo = try zoo(row)
    try provoke(row, zoo)
    let isBack = try Condition.holds { try zoo.host.call("bad.poke") == "one 0" }
    #expect(isBack, "\(zoo.host.log)")
    #expect(zoo.host.log.contains("its worker \(row.cause)"), "\(zoo.host.log)")
    #expect(zoo.host.log.contains("started again as generation 2"), "\(zoo.host.log)")
    try zoo.expect(["bad": "active", "pet": "active", "witness": "active"])
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  /// A deed of a creature in Swift, where it does it, and what the runtime says.
  static let swiftDeeds = [
    ("fatal", "sync", "out of cheese"), ("range", "service", "Index out of range"),
    ("overflow", "async", "died of SIGILL"), ("fatal", "task", "out of cheese"),
    ("cast", "task", "Could not cast value"),
  ]

  @Test(arguments: swiftDeeds)
  func `promise 4: A trap of Swift's costs one instance, also in a task, which ends a host`(
    deed: String, place: String, words: String
  ) throws {
    let zoo = try Zoo(configuration: Self.swiftConfiguration)
    try zoo.add(SwiftCreature(deed: deed, place: place))
    try zoo.host.start()
    switch place {
    case "service": _ = try zoo.host.ask("call", "bad.poke")
    case "task": _ = try zoo.host.ask("call", "bad.task")
    default: _ = try zoo.host.ask("publish", "zoo.poke")
    }
    #expect(
      Condition.holds { zoo.host.log.contains("started again as generation 2") }, "\(zoo.host.log)")
    #expect(zoo.host.log.contains(words), "\(zoo.host.log)")
    try zoo.expect(["bad": "active", "witness": "active"])
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test func `promise 4: A C++ exception that nobody catches ends its worker only`() throws {
    let zoo = try Zoo(configuration: Self.configuration)
    let built = try Workshop.shared.build([
      "c++", "-shared", "-fPIC", "-O1", "-I\(Workshop.include)",
      "\(Workshop.fixtures)/thrower.cc",
    ])
    try zoo.place(built, as: "bad.so")
    try zoo.host.start()
    #expect(try zoo.host.ask("publish", "zoo.poke", "--data", "now").status == 0)
    #expect(
      Condition.holds { zoo.host.log.contains("started again as generation 2") }, "\(zoo.host.log)")
    #expect(zoo.host.log.contains("its worker died of SIGABRT"), "\(zoo.host.log)")
    #expect(zoo.host.log.contains("out of cheese"), "\(zoo.host.log)")
    try zoo.expect(["bad": "active", "witness": "active"])
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test(arguments: ["CLOSE", "SCRIBBLE"])
  func `promise 4: A worker that spoils its link to the host harms itself at most`(deed: String)
    throws
  {
    let zoo = try zoo(Row(deed: deed, place: "HANDLER", cause: ""))
    #expect(try zoo.host.ask("publish", "zoo.poke", "--data", "now").status == 0)
    // It goes on, or the next instance does.
    let answers = try Condition.holds {
      try zoo.host.call("bad.poke")?.hasPrefix("one ") == true
    }
    #expect(answers, "\(zoo.host.log)")
    try zoo.expect(["bad": "active", "pet": "active", "witness": "active"])
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  // MARK: On the way up and down

  @Test(
    arguments: rows(
      ["CONSTRUCTOR", "ENTRY", "PRE_INIT", "INIT", "POST_INIT"],
      [
        ("SEGV", "died of SIGSEGV at 0x8"), ("EXIT", "exited with status 7"),
        ("QUICK_EXIT", "exited with status 7"), ("HANG", "did not come back"),
      ]) + rows(["INIT"], deeds))
  func `promise 4: What ends a worker on the way up fails its plugin, with the cause`(row: Row)
    throws
  {
    let zoo = try zoo(row)
    try zoo.expect(["bad": "failed", "pet": "active", "witness": "active"])
    let why = try zoo.host.why("bad")
    #expect(why.contains("its worker \(row.cause)"), "\(why)")
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test(
    arguments: rows(
      ["PRE_CLEANUP", "CLEANUP"],
      [
        ("SEGV", "died of SIGSEGV at 0x8"), ("EXIT", "exited with status 7"),
        ("HANG", "did not come back"),
      ]))
  func `promise 4: What ends a worker on the way down ends nothing else`(row: Row) throws {
    let zoo = try zoo(row)
    let reply = try zoo.host.ask("unload", "bad")
    #expect(reply.status == 0, "\(reply.output)\(reply.errors)")
    let unload = reply.json?["changes"]?.array?.first?["unload"]
    #expect(unload?["outcome"]?.string == "unmapped", "\(reply.output)")
    try zoo.expect(["pet": "active", "witness": "active"])
    #expect(try zoo.host.ask("load", "bad").status == 0)
    try zoo.expect(["bad": "active"])
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  // MARK: Again and again

  @Test func `A worker that ends too often is given up, until an operator loads it`() throws {
    let zoo = try zoo(Row(deed: "EXIT", place: "HANDLER", cause: ""))
    for _ in 0..<3 {
      let isThere = try Condition.holds { try zoo.host.call("bad.poke") == "one 0" }
      #expect(isThere, "\(zoo.host.log)")
      #expect(try zoo.host.ask("publish", "zoo.poke", "--data", "now").status == 0)
    }
    try zoo.expect(["bad": "failed", "pet": "active", "witness": "active"])
    let why = try zoo.host.why("bad")
    #expect(why.contains("it ended more than 2 times within 60 s"), "\(why)")
    #expect(try zoo.host.ask("load", "bad").status == 0)
    #expect(try zoo.host.call("bad.poke") == "one 0")
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test func `Queued events of a worker that ended reach the next instance, in order and all`()
    throws
  {
    let zoo = try zoo(Row(deed: "SEGV", place: "ASYNC", cause: ""))
    let socket = try SocketClient("\(zoo.host.state)/control.sock")
    _ = try socket.ask("events.publish", #"{"type": "zoo.poke", "data": "now"}"#)
    for _ in 0..<200 { _ = try socket.ask("events.publish", #"{"type": "zoo.poke"}"#) }
    let allCame = try Condition.holds { try zoo.host.call("bad.poke") == "one 200" }
    let last = try zoo.host.call("bad.poke")
    #expect(allCame, "\(last ?? "nothing") \(zoo.host.log)")
    zoo.expectCleanEnd()
  }

  @Test func `promise 6: Reloads hand state from worker to worker, and a crash gives it back`()
    throws
  {
    let zoo = try Zoo(
      configuration: #"{"isolation": {"default": "isolated"}, "probation": {"seconds": 0}}"#)
    let flags = ["-DAT=HANDLER", "-DDO=SEGV", "-DWHEN_ASKED"]
    try zoo.add("bad", flags, ReloadTests.state)
    try zoo.host.start()
    for _ in 0..<5 { #expect(try zoo.host.ask("publish", "zoo.poke").status == 0) }
    #expect(try zoo.host.call("bad.poke") == "one 5")
    try zoo.add("bad", flags + ["-DTAG=\"two\""], ReloadTests.state, version: "2.0.0")
    let reply = try zoo.host.ask("reload", "bad")
    #expect(reply.status == 0, "\(reply.output)\(reply.errors)")
    #expect(try zoo.host.call("bad.poke") == "two 5")
    #expect(try zoo.host.ask("publish", "zoo.poke", "--data", "now").status == 0)
    let isBack = try Condition.holds { try zoo.host.call("bad.poke") == "two 5" }
    #expect(isBack, "\(zoo.host.log)")
    #expect(zoo.host.log.contains("started again as generation 3"), "\(zoo.host.log)")
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test func `A build that moved into a worker and dies there serves in the host again`() throws {
    let zoo = try Zoo(configuration: #"{"probation": {"seconds": 60}}"#)
    try zoo.add("bad", ["-DAT=SERVICE", "-DDO=SEGV", "-DWHEN_ASKED"], ReloadTests.state)
    try zoo.host.start()
    #expect(try zoo.host.ask("reload", "bad", "--isolated").status == 0)
    #expect(try zoo.host.call("bad.poke", "now") == nil)
    let isBack = try Condition.holds { try zoo.host.call("bad.poke") == "one 0" }
    #expect(isBack, "\(zoo.host.log)")
    #expect(zoo.host.log.contains("rolled back"), "\(zoo.host.log)")
    try zoo.expectWitnessWorks()
    // It is the same build: the next start begins with it.
    #expect(try zoo.quarantineCause() == "")
    zoo.expectCleanEnd()
  }

  @Test func `A worker sends the lines of the level that the configuration says by now`() throws {
    func text(_ level: String) -> String {
      #"{"isolation": {"isolated": ["bad"]}, "log": {"level": "\#(level)"}}"#
    }
    let zoo = try Zoo(configuration: text("info"))
    try zoo.add("bad", source: "scribe")
    try zoo.host.start()
    _ = try zoo.host.call("bad.note", "unheard")
    try zoo.host.configure(text("debug"))
    let isHeard = try Condition.holds {
      _ = try zoo.host.call("bad.note", "heard of late")
      return zoo.host.log.contains("heard of late")
    }
    #expect(isHeard, "\(zoo.host.log)")
    #expect(!zoo.host.log.contains("unheard"))
    zoo.expectCleanEnd()
  }

  /// The host stands for each registration of a worker's, 65,536 of them at once: those that ended must not count.
  @Test func `An isolated plugin may start timers for ever, as long as they end`() throws {
    let zoo = try Zoo(configuration: #"{"isolation": {"isolated": ["bad"]}}"#)
    try zoo.add("bad", [], source: "hourglass")
    try zoo.host.start()
    let socket = try SocketClient("\(zoo.host.state)/control.sock")
    var called = 0
    for turn in 1...70 {
      try #require(
        try Condition.holds {
          let answer = try socket.ask("services.call", #"{"service": "bad.turn", "data": "0"}"#)
          called = answer["result"]?["data"]?.string.flatMap { Int($0.dropFirst(2)) } ?? 0
          return called == (turn - 1) * 1_000
        }, "\(called) of \((turn - 1) * 1_000) were called")
      let answer = try socket.ask("services.call", #"{"service": "bad.turn", "data": "1000"}"#)
      let data = answer["result"]?["data"]?.string ?? "\(answer)"
      try #require(data.hasPrefix("0 "), "turn \(turn): \(data)")
    }
    zoo.expectCleanEnd()
  }
}
