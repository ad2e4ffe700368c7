import ControlPlane
import HostSupport
import TestSupport
import Testing

/// `dovetail events log` and `events replay`, against a served fake host.
@Suite struct RecordingCommandTests {
  private func run(_ words: [String]) throws -> (Dovetail, calls: [String]) {
    let served = try Served()
    let run = try Dovetail(["events"] + words, environment: ["DOVETAIL_SOCKET": served.server.path])
    _ = served.eventually { served.server.isIdle }
    return (run, served.host.calls)
  }

  private static let event = #"2026-01-01T00:00:00.000Z  order.paid  shop  [1]"#

  private static let stats = """
    state        recording
    folder       /state/events
    records      order.>, but not bus.>
    held         41 events, 4.9 KiB of 1.0 MiB, in 2 files
    oldest       number 2, 2026-01-01T00:00:00.000Z
    newest       number 42, 2026-01-01T01:00:00.000Z
    on the disk  all but the last 2
    last sync    2026-01-01T00:59:59.000Z
    recorded     41 since the start
    lost         3
    queued       0
    gave way     1 to newer ones
    damage:
      x.log: 10 bytes at 32 are damaged and are passed over

    """

  @Test(
    "prints what a person wants to read",
    arguments: [
      (["log"], 0, "7  \(event)\n", ""),
      (
        ["log", "--from", "1", "--limit", "3"], 0,
        "1  \(event)\n2  \(event)\n3  -- 17 events missing here: the disk is full\n4  \(event)\n",
        ""
      ),
      (["log", "stats"], 0, stats, ""),
      (
        ["log", "--limit", "1001"], 2, "",
        "error: without --from at most the latest 1000 are shown\n"
      ),
      (
        ["log", "--from", "noon"], 1, "",
        "error: the host rejected the request: \"from\" must be a record's number, a time such as "
          + "\"2026-01-31T10:00:00Z\", or how long ago, such as \"15m\"\n"
          + "  next: host and command should be of one version: compare `dovetail version`\n"
      ),
      (
        ["replay"], 0,
        "order.paid: 3\norder.sent: 1\n4 events replayed of records 1 to 10, in 1.3 s; 2 missing in the log\n",
        ""
      ),
      (
        ["replay", "--progress", "--dry-run"], 0,
        "order.paid: 3\norder.sent: 1\n4 events would be replayed of records 1 to 10, in 1.3 s; 2 missing in the log\n",
        "50 %  record 5 of 10  3 replayed\n"
      ),
      (
        ["replay", "--match", "bad"], 1,
        "order.paid: 3\norder.sent: 1\ngiven up: the disk broke; 4 events replayed of records 1 to 10, in 1.3 s; 2 missing in the log\n",
        ""
      ),
      (
        ["replay", "--match", "none"], 4, "",
        "error: no event was recorded in that time\n  next: see 'dovetail events log stats'\n"
      ),
    ])
  func texts(words: [String], status: Int32, output: String, errors: String) throws {
    let (run, _) = try run(words)
    #expect(run.output == output)
    #expect(run.errors == errors)
    #expect(run.status == status)
  }

  @Test(
    "asks for what was asked for",
    arguments: [
      (
        ["log", "--from", "3", "--to", "9", "--pattern", "order.*", "--limit", "7"],
        "log number(3) number(9) order.* 7"
      ),
      (
        ["log", "--to", "1970-01-01T00:00:01Z"], "log - time(1000000000) > 100"
      ),
      (
        ["replay", "--speed", "max", "--into", "x.>", "--from", "2"],
        "speed: PluginHost.ReplayRequest.Speed.most"
      ),
      (["replay", "--speed", "2x"], "speed: PluginHost.ReplayRequest.Speed.times(2.0)"),
    ])
  func requests(words: [String], call: String) throws {
    let calls = try run(words).calls
    #expect(calls.first?.contains(call) == true, "\(calls)")
  }

  @Test("ends where the log ended when it was asked first, though more is recorded meanwhile")
  func end() throws {
    let calls = try run(["log", "--from", "1"]).calls
    #expect(calls == ["log number(1) - > 100", "log number(3) number(4) > 98"])
  }

  @Test("shows a line of JSON for each record and each step")
  func json() throws {
    let records = try run(["log", "--from", "1", "--limit", "3", "--json"]).0
    let lines = try records.output.split(separator: "\n").map { try JSON(parsing: Array($0.utf8)) }
    #expect(lines.compactMap { $0["number"]?.int } == [1, 2, 3, 4])
    #expect(lines[2]["missing"]?.int == 17)
    let steps = try run(["replay", "--json"]).0
    let states = try steps.output.split(separator: "\n").map {
      try JSON(parsing: Array($0.utf8))["state"]?.string
    }
    #expect(states == ["running", "done"])
  }

  @Test("a replay is cancelled when its command is ended")
  func cancel() throws {
    let served = try Served()
    let child = try ChildProcess(
      ["\(Dovetail.buildFolder)/dovetail", "events", "replay", "--match", "slow", "--progress"],
      environment: ["DOVETAIL_SOCKET": served.server.path, "HOME": "/nonexistent"])
    #expect(served.eventually { child.errors.contains("50 %") })
    #expect(!served.host.calls.contains("replay cancelled"))
    child.signal(2)
    #expect(child.wait() == .killed(signal: 2))
    #expect(served.eventually { served.host.calls.contains("replay cancelled") })
  }
}
