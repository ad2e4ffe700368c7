import Glibc
import HostSupport
import TestSupport
import Testing

/// Hosts that record events, killed and started again, on disks that fill.
@Suite(.serialized) struct RecordingTests {
  private static func configuration(_ sync: String) -> String {
    #"{events: {record: {patterns: ["pump.*", "note.>"], sync: "\#(sync)", syncMilliseconds: 20}}}"#
  }

  private func zoo(_ sync: String = "batch") throws -> Zoo {
    let zoo = try Zoo(configuration: Self.configuration(sync))
    try placePump(in: zoo)
    return zoo
  }

  private func placePump(in zoo: Zoo) throws {
    try zoo.place(try Workshop.shared.c("pump", Workshop.manifest("pump")), as: "pump.so")
  }

  private func stats(_ zoo: Zoo) throws -> JSON {
    try zoo.host.ask("events", "log", "stats").json ?? .null
  }

  /// The recorded events from a number on, each as its record.
  private func records(_ zoo: Zoo, from number: Int = 1) throws -> [JSON] {
    let reply = try zoo.host.ask(
      "events", "log", "--from", "\(number)", "--limit", "1000000")
    return try reply.output.split(separator: "\n").map { try JSON(parsing: Array($0.utf8)) }
  }

  @Test(arguments: ["batch", "interval", "never"])
  func `A host that is killed while it records has all that was synced, and no hole before the end`(
    sync: String
  ) throws {
    let zoo = try zoo(sync)
    var last = 0
    for _ in 1...3 {
      try placePump(in: zoo)
      try zoo.host.start()
      let isFar = try Condition.holds {
        try stats(zoo)["newest"]?["number"]?.int ?? 0 > last + 500
      }
      #expect(isFar, "\(zoo.host.log)")
      let synced = Int(try stats(zoo)["synced"]?.int ?? 0)
      kill(zoo.host.pid, SIGKILL)
      _ = zoo.host.waitForEnd()
      // The next host only reads.
      try Directory(zoo.host.plugins).remove("pump.so")
      try zoo.host.start()
      let records = try records(zoo, from: last + 1)
      #expect(records.count + last >= synced)
      #expect(
        records.compactMap { $0["number"]?.int }
          == (0..<records.count).map { Int64(last + 1 + $0) })
      #expect(
        records.compactMap { $0["event"]?["sequence"]?.string }
          == (0..<records.count).map { "\($0 + 1)" })
      zoo.expectCleanEnd()
      last += records.count
    }
  }

  @Test func `A replay reaches subscribers in order, and ends in the host with its command`() throws
  {
    let zoo = try Zoo(configuration: Self.configuration("batch"))
    try zoo.host.start()
    for number in 1...5 {
      #expect(try zoo.host.ask("publish", "note.x", "--data", "\(number)").status == 0)
    }
    #expect(try Condition.holds { try stats(zoo)["newest"]?["number"]?.int == 5 })
    let tap = try SocketClient("\(zoo.host.state)/control.sock")
    _ = try tap.ask("events.follow", #"{"pattern": "again.>"}"#)
    let reply = try zoo.host.ask(
      "events", "replay", "--match", "note.*", "--into", "again.>", "--speed", "max")
    #expect(reply.status == 0, "\(reply.errors)")
    #expect(reply.output.contains(#""published":5"#) && reply.output.contains(#""state":"done""#))
    for number in 1...5 {
      let event = try tap.line().map { try JSON(parsing: Array($0.utf8)) }?["params"]?["event"]
      #expect(event?["type"]?.string == "again.note.x")
      #expect(event?["replaynumber"]?.string == "\(number)")
      #expect(event?["id"]?.string == "note.x#\(number)")
    }
    // So slow that it would take hours.
    let slow = try ChildProcess([
      RunningHost.program, "events", "replay", "--speed", "0.001", "--state", zoo.host.state,
    ])
    #expect(try Condition.holds { try stats(zoo)["replays"]?.int == 1 })
    slow.signal(SIGINT)
    #expect(slow.wait() == .killed(signal: SIGINT))
    #expect(try Condition.holds { try stats(zoo)["replays"]?.int == 0 })
    zoo.expectCleanEnd()
  }

  @Test func `A host that ends while it replays ends in order, and the command says so`() throws {
    let zoo = try Zoo(configuration: Self.configuration("batch"))
    try zoo.host.start()
    for _ in 1...2 { _ = try zoo.host.ask("publish", "note.x") }
    #expect(try Condition.holds { try stats(zoo)["newest"]?["number"]?.int == 2 })
    let slow = try ChildProcess([
      RunningHost.program, "events", "replay", "--speed", "0.001", "--state", zoo.host.state,
    ])
    #expect(try Condition.holds { try stats(zoo)["replays"]?.int == 1 })
    zoo.expectCleanEnd()
    #expect([.exited(1), .exited(3)].contains(slow.wait()))
  }

  @Test func `A disk that is full suspends the recording, and nobody else`() throws {
    let zoo = try zoo()
    try zoo.host.start()
    #expect(try Condition.holds { try stats(zoo)["newest"]?["number"]?.int ?? 0 > 100 })
    limitFiles(of: zoo, to: "4096")
    #expect(try Condition.holds { try stats(zoo)["state"]?.string == "suspended" })
    #expect(try stats(zoo)["problem"]?.string?.hasSuffix("File too large") == true)
    #expect(
      try zoo.degraded().contains { $0.hasPrefix("the event recorder is suspended: write") })
    try zoo.expectWitnessWorks()
    limitFiles(of: zoo, to: "unlimited")
    #expect(try Condition.holds { try stats(zoo)["state"]?.string == "recording" })
    let told = try zoo.host.ask("events", "bus.recorder.*").output
    #expect(told.contains("bus.recorder.suspended") && told.contains("bus.recorder.resumed"))
    let newest = try stats(zoo)["newest"]?["number"]?.int ?? 0
    #expect(try Condition.holds { try stats(zoo)["newest"]?["number"]?.int ?? 0 > newest })
    let lost = try stats(zoo)["lost"]?.int
    zoo.expectCleanEnd()
    // What memory held meanwhile was written; what it did not hold is a gap.
    try zoo.host.start()
    let gaps = try zoo.host.ask("events", "log", "--from", "1", "--pattern", "none")
    let missing = try gaps.output.split(separator: "\n").reduce(Int64(0)) {
      $0 + (try JSON(parsing: Array($1.utf8))["missing"]?.int ?? 0)
    }
    #expect(missing == lost)
    zoo.expectCleanEnd()
  }

  /// Lets no file of a running host grow beyond so many bytes, as a full disk would.
  private func limitFiles(of zoo: Zoo, to bytes: String) {
    let outcome = Program.run([
      "/usr/bin/prlimit", "--pid", "\(zoo.host.pid)", "--fsize=\(bytes):unlimited",
    ])
    #expect(outcome.status == 0, "\(outcome.output)")
  }
}
