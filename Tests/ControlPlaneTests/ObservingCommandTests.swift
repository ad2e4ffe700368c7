import ControlPlane
import HostSupport
import TestSupport
import Testing

/// What the command line tells of subscriptions and topics, against a served fake host.
@Suite struct ObservingCommandTests {
  private func run(_ words: [String]) throws -> Dovetail {
    let served = try Served()
    return try Dovetail(words, environment: ["DOVETAIL_SOCKET": served.server.path])
  }

  private static let head =
    "PLUGIN  NAME      PATTERN   DELIVERY             PRIO  STATE      QUEUED  DELIVERED  FILTERED  "
    + "FAILED  RETRIED  DROPPED  DEAD  MORE\n"
  private static let rows =
    "hello   demo.*#1  demo.*    sync                    0  active          -         42         3  "
    + "     0        0        0     0  if subject prefix \"a\"\n"
    + "slow    all       demo.one  async 8 drop-oldest    -5  suspended       6         10         0  "
    + "     4        3        2     1  up to 4 attempts, in order; at most 250 ms\n"

  @Test(
    "prints what a person wants to read",
    arguments: [
      (["events", "subs"], 0, head + rows, ""),
      (
        ["events", "subs", "--topic", "none"], 0, "there are no such subscriptions\n", ""
      ),
      (
        ["events", "subs", "--plugin", "nobody"], 4, "",
        "error: there is no plugin \"nobody\"\n  next: see `dovetail list`\n"
      ),
    ])
  func texts(words: [String], status: Int32, output: String, errors: String) throws {
    let run = try run(words)
    #expect(run.output == output)
    #expect(run.errors == errors)
    #expect(run.status == status)
  }

  @Test("prints JSON", arguments: [["events", "subs"]])
  func json(words: [String]) throws {
    let run = try run(words + ["--json"])
    #expect(throws: Never.self) { try JSON(parsing: Array(run.output.utf8)) }
    #expect(run.status == 0)
  }
}
