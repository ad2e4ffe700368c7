import HostSupport
import TestSupport
import Testing

/// A Swift error fails the call that threw it, and nothing else.
@Suite(.serialized) struct SwiftErrorTests {
  @Test(arguments: [("initializer", "pre_init"), ("start", "init")])
  func `promise 4: An error on the way up fails that plugin`(place: String, phase: String) throws {
    let zoo = try Zoo()
    try zoo.add(SwiftCreature(deed: "error", place: place))
    try zoo.add(SwiftCreature(id: "good"))
    try zoo.host.start()
    try zoo.expect(["bad": "failed", "good": "active", "witness": "active"])
    #expect(try zoo.host.why("bad") == "bad 1.0.0 failed in \(phase): out of cheese")
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test(arguments: ["sync", "async", "service", "timer"])
  func `promise 4: An error in a call fails that call`(place: String) throws {
    let zoo = try Zoo()
    try zoo.add(SwiftCreature(deed: "error", place: place))
    try zoo.add(SwiftCreature(id: "good"))
    try zoo.host.start()
    for _ in 0..<3 {
      #expect(try zoo.host.ask("publish", "zoo.poke").status == 0)
      guard place == "service" else { continue }
      let reply = try zoo.host.ask("call", "bad.poke")
      #expect(reply.status == 1)
      #expect(reply.errors.contains("out of cheese"), "\(reply.errors)")
    }
    let counted = try Condition.holds(milliseconds: 5_000) {
      (try zoo.host.info("bad")?["failed"]?.int ?? 0) >= 3
    }
    #expect(counted)
    try zoo.expect(["bad": "active", "good": "active", "witness": "active"])
    for id in place == "service" ? ["good"] : ["good", "bad"] {
      let complete = try Condition.holds(milliseconds: 5_000) {
        try zoo.host.call("\(id).poke") == "one 3 3"
      }
      #expect(complete)
    }
    #expect(try zoo.host.ask("quarantine", "list").json?.array?.isEmpty == true)
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test func `promise 4: An error in a task is logged, and the plugin goes on`() throws {
    let zoo = try Zoo()
    try zoo.add(SwiftCreature(deed: "error", place: "task"))
    try zoo.host.start()
    #expect(try zoo.host.call("bad.task") != nil)
    #expect(
      Condition.holds(milliseconds: 5_000) { zoo.host.log.contains("a task failed: out of cheese") }
    )
    try zoo.expect(["bad": "active", "witness": "active"])
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }
}
