import ControlPlane
import HostSupport
import PluginHost
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

  private static let stats =
    "TOPIC     HANDLERS  PUBLISHED  DELIVERED  FAILED  RETRIED  DROPPED  DE"
    + "AD  UNFIT  QUEUED  NUMBER\n"
    + "demo.one         2         20         40       4        0        2    "
    + " 0      0       6      17\n"
    + "\n"
    + "PLUGIN  SUBSCRIPTION  DELIVERED  FAILED  RETRIED  DROPPED  DEAD  QUEUE"
    + "D  MOST  OLDEST  MEDIAN     P99  LONGEST\n"
    + "hello   demo.*#1             42       0        0        0     0       "
    + "-     -       -       -       -        -\n"
    + "slow    all                  10       4        3        2     1       "
    + "6     8   1.5 s  1.0 µs  2.1 ms   2.1 ms\n"

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
      (
        ["events", "stats"], 0,
        stats, ""
      ),
      (
        ["events", "stats", "--topic", "none"], 0, "there are no such topics and subscriptions\n",
        ""
      ),
      (
        ["events", "explain", "demo.one"], 0,
        """
        demo.one has come to number 17; its events are numbered.
        who gets it, in this order:
          1. hello's 'demo.*#1' (sync, priority 0): its glob demo.* matches
          2. slow's 'all' (async 8 drop-oldest, priority -5): it names the topic; queued
        who does not, but nearly:
          hello's 'demo.*#1' (demo.*): has 'two' where the topic has 'one'
        routes:
          copied to audit.demo

        """, ""
      ),
      (
        ["events", "explain", "demo.two"], 0,
        "nobody has opened demo.two or published to it.\nnobody gets it\n", ""
      ),
    ])
  func texts(words: [String], status: Int32, output: String, errors: String) throws {
    let run = try run(words)
    #expect(run.output == output)
    #expect(run.errors == errors)
    #expect(run.status == status)
  }

  /// Taps while events of topic `t` come with these numbers.
  private func tap(_ numbers: [Int], _ flags: [String] = []) throws -> Dovetail {
    let served = try Served()
    let emitter = try Thread(name: "emitter") {
      guard served.eventually({ served.host.tapCount == 1 }) else { return }
      for number in numbers {
        var event = EventReport(id: "\(number)", source: "hello", type: "t")
        event.extensions["sequence"] = "\(number)"
        served.host.emit(event)
      }
    }
    defer { emitter.join() }
    return try Dovetail(
      ["events", "tap", "t", "--count", "\(numbers.count)"] + flags,
      environment: ["DOVETAIL_SOCKET": served.server.path])
  }

  @Test("a tap shows the gaps in the numbers, and who comes late")
  func gaps() throws {
    let run = try tap([5, 6, 8, 12, 9, 13])
    #expect(
      run.output == """
        -  t  hello  sequence=5
        -  t  hello  sequence=6
        -- event 7 of t is missing
        -  t  hello  sequence=8
        -- events 9 to 11 of t are missing
        -  t  hello  sequence=12
        late: -  t  hello  sequence=9
        -  t  hello  sequence=13

        """)
    #expect(run.status == 0)
  }

  @Test("a tap shows gaps in JSON too")
  func gapsInJSON() throws {
    let lines = try tap([1, 3], ["--json"]).output.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines[1] == #"{"gap":{"from":2,"to":2,"type":"t"}}"#)
  }

  @Test(
    "prints JSON",
    arguments: [["events", "subs"], ["events", "stats"], ["events", "explain", "demo.one"]])
  func json(words: [String]) throws {
    let run = try run(words + ["--json"])
    #expect(throws: Never.self) { try JSON(parsing: Array(run.output.utf8)) }
    #expect(run.status == 0)
  }
}
