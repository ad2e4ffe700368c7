import Glibc
import HostSupport
import TestSupport
import Testing

/// Swift's own ways to stop: contained wherever the host calls the plugin, and the build is not tried again.
@Suite(.serialized) struct SwiftTrapTests {
  /// What the runtime says of each, where it says anything.
  static let deeds: [(deed: String, signal: String, message: String)] = [
    ("fatal", "SIGILL", "Fatal error: out of cheese"),
    ("range", "SIGILL", "Fatal error: Index out of range"),
    ("unwrap", "SIGILL", "Fatal error: Unexpectedly found nil while unwrapping an Optional value"),
    ("overflow", "SIGILL", ""),
    ("access", "SIGILL", ""),
    ("cast", "SIGABRT", "Could not cast value of type 'Swift.Int'"),
  ]
  static let places = ["initializer", "start", "sync", "async", "service", "timer"]

  /// Makes the creature come to the place where it misbehaves.
  private func provoke(_ id: String, at place: String, _ zoo: Zoo) throws {
    switch place {
    case "sync", "async": #expect(try zoo.host.ask("publish", "zoo.poke").status == 0)
    case "service": #expect(try zoo.host.ask("call", "\(id).poke").status != 0)
    default: break
    }
  }

  @Test(arguments: places)
  func `promise 4: Every trap of Swift's is contained, told and not tried again`(place: String)
    throws
  {
    let zoo = try Zoo()
    try zoo.host.start()
    // One after the other: the runtime keeps one message for the whole process.
    for (deed, signal, message) in Self.deeds {
      try zoo.add(SwiftCreature(id: deed, deed: deed, place: place))
      _ = try zoo.host.ask("load", deed)
      try provoke(deed, at: place, zoo)
      try zoo.expect([deed: "quarantined", "witness": "active"])
      let why = try zoo.host.why(deed)
      #expect(
        why.hasPrefix("this build of \(deed), 1.0.0, is quarantined: \(signal) in "), "\(why)")
      #expect(why.contains(message), "\(why)")
      for command in ["load", "reload"] {
        let reply = try zoo.host.ask(command, deed)
        #expect(reply.status == 5, "\(command): \(reply.output)\(reply.errors)")
        #expect(reply.errors.contains("quarantine"), "\(reply.errors)")
      }
    }
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  /// The first crash of a generation takes it out of service, but that is the control thread's work. While the host starts, that
  /// thread waits for the plugins' last phase: the herald publishes there, and meets a handler that traps a thousand times.
  @Test func `promise 4: A trap inside an inout access leaves its thread sound, 1,000 times`()
    throws
  {
    let zoo = try Zoo()
    try zoo.add(SwiftCreature(deed: "access", place: "sync"))
    try zoo.add(SwiftCreature(id: "herald", pokes: 1_000))
    try zoo.host.start()
    try zoo.expect(["bad": "quarantined", "herald": "active", "witness": "active"])
    let metrics = try zoo.host.ask("metrics").json?.array ?? []
    let failed = metrics.first { $0["name"]?.string == "dovetail_bus_failed_total" }
    #expect(failed?["value"]?.int == 1_000)
    // It heard its own pokes, and its accesses and casts after each of them were right.
    let right = try Condition.holds(milliseconds: 5_000) {
      try zoo.host.call("herald.poke") == "one 1000 1000"
    }
    #expect(right)
    #expect(try zoo.host.call("witness.pings") == "1000")
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test func `promise 4: One build after the other may trap inside an inout access`() throws {
    let zoo = try Zoo()
    try zoo.add(SwiftCreature(id: "good"))
    try zoo.host.start()
    let builds = 25
    for number in 1...builds {
      try zoo.add(SwiftCreature(version: "\(number).0.0", deed: "access", place: "sync"))
      #expect(try zoo.host.ask("load", "bad").status == 0)
      #expect(try zoo.host.ask("publish", "zoo.poke").status == 0)
      try zoo.expect(["bad": "quarantined", "good": "active", "witness": "active"])
      let counts = try zoo.host.call("good.poke") ?? ""
      #expect(counts.hasPrefix("one \(number) "))
    }
    #expect(try zoo.host.ask("quarantine", "list").json?.array?.count == builds)
    #expect(try zoo.host.info("bad")?["retiredGenerations"]?.int == Int64(builds))
    try zoo.add(SwiftCreature(version: "99.0.0"))
    #expect(try zoo.host.ask("load", "bad").status == 0)
    #expect(try zoo.host.ask("publish", "zoo.poke").status == 0)
    let counts = try zoo.host.call("bad.poke") ?? ""
    #expect(counts.hasPrefix("one 1 "))
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test(arguments: ["fatal", "cast"])
  func `promise 12: A trap inside a Swift task ends the host, and the next start runs the rest`(
    deed: String
  ) throws {
    let zoo = try Zoo()
    try zoo.add(SwiftCreature(deed: deed, place: "task"))
    try zoo.add(SwiftCreature(id: "innocent"))
    try zoo.host.start()
    _ = try zoo.host.ask("call", "bad.task")
    let signal = deed == "cast" ? SIGABRT : SIGILL
    #expect(zoo.host.waitForEnd() == .killed(signal: signal))
    #expect(zoo.host.log.contains(deed == "cast" ? "Could not cast" : "out of cheese"))
    try zoo.host.start()
    try zoo.expect(["bad": "quarantined", "innocent": "active", "witness": "active"])
    try zoo.expectWitnessWorks()
    let cause = try zoo.quarantineCause()
    #expect(cause.hasPrefix(deed == "cast" ? "SIGABRT at 0x" : "SIGILL at 0x"), "\(cause)")
  }
}
