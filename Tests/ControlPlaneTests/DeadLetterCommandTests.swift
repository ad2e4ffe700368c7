import ControlPlane
import HostSupport
import TestSupport
import Testing

/// `dovetail events dead`, against a served fake host.
@Suite struct DeadLetterCommandTests {
  private func run(_ words: [String]) throws -> Dovetail {
    let served = try Served()
    return try Dovetail(
      ["events", "dead"] + words, environment: ["DOVETAIL_SOCKET": served.server.path])
  }

  private static let table = """
    ID  TIME                      TOPIC     PLUGIN  SUBSCRIPTION  CAUSE         TRIED  ERROR
     3  2026-01-01T00:00:00.000Z  demo.one  hello   demo.*#1      failed            2  no room
     7  2026-01-01T00:00:01.000Z  demo.two  gone    all           unsubscribed      0
    2 held, 2.0 KiB, 5 gave way to newer ones

    """

  @Test(
    "prints what a person wants to read",
    arguments: [
      (["list"], 0, table, ""),
      (
        ["list", "--topic", "demo.two", "--limit", "1"], 0,
        """
        ID  TIME                      TOPIC     PLUGIN  SUBSCRIPTION  CAUSE         TRIED  ERROR
         7  2026-01-01T00:00:01.000Z  demo.two  gone    all           unsubscribed      0
        1 shown of 2 held, 2.0 KiB, 5 gave way to newer ones

        """, ""
      ),
      (
        ["show", "3"], 0,
        """
        id            3
        topic         demo.one
        plugin        hello
        subscription  demo.*#1
        cause         failed
        attempts      2
        error         no room
        given up      2026-01-01T00:00:00.000Z
        event:
          2026-01-01T00:00:00.000Z  demo.one  hello  {"a":1}

        """, ""
      ),
      (
        ["replay", "3"], 0, "3: on its way to hello's 'demo.*#1'\n1 dead letter replayed\n", ""
      ),
      (
        ["replay", "--all"], 1,
        "3: on its way to hello's 'demo.*#1'\n7: stays, nobody subscribes as gone's 'all' now\n"
          + "1 dead letter replayed, 1 stayed\n", ""
      ),
      (
        ["drop", "3", "7"], 0,
        "3: dropped, demo.one for hello's 'demo.*#1'\n7: dropped, demo.two for gone's 'all'\n"
          + "2 dead letters dropped\n", ""
      ),
      (["drop", "--topic", "demo.none"], 0, "0 dead letters dropped\n", ""),
      (["show", "9"], 4, "", "error: there is no dead letter 9\n"),
      (
        ["drop"], 2, "", "error: dovetail events dead drop needs either IDs, --topic or --all\n"
      ),
      (
        ["replay", "3", "--all"], 2, "",
        "error: dovetail events dead replay needs either IDs, --topic or --all\n"
      ),
      (
        ["show", "x"], 2, "",
        "error: \"x\" is not the number of a dead letter\n  next: see `dovetail events dead list`\n"
      ),
    ])
  func texts(words: [String], status: Int32, output: String, errors: String) throws {
    let run = try run(words)
    #expect(run.output == output)
    #expect(run.errors == errors)
    #expect(run.status == status)
  }

  @Test(
    "prints JSON",
    arguments: [["list"], ["show", "3"], ["replay", "3"], ["drop", "--all"]])
  func json(words: [String]) throws {
    let run = try run(words + ["--json"])
    #expect(throws: Never.self) { try JSON(parsing: Array(run.output.utf8)) }
    #expect(run.status == 0)
  }

  @Test("events itself goes on taking a pattern, also one that is called like a command")
  func pattern() throws {
    let served = try Served()
    for words in [["events", "demo.>"], ["events", "--", "dead"]] {
      let run = try Dovetail(words, environment: ["DOVETAIL_SOCKET": served.server.path])
      #expect(run.output == "2026-01-01T00:00:00.000Z  demo.one  hello  {\"a\":1}\n")
    }
  }

  @Test(
    "wants exactly one way to name letters",
    arguments: ["{}", #"{"all":true,"ids":[1]}"#, #"{"ids":[]}"#, #"{"ids":[0]}"#, #"{"ids":3}"#])
  func parameters(given: String) throws {
    let served = try Served()
    let reply = try served.client().ask(
      #"{"jsonrpc":"2.0","id":1,"method":"events.dead.drop","params":\#(given)}"#)
    #expect(reply?.contains("-32602") == true)
  }
}
