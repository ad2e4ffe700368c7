import HostSupport
import TestSupport
import Testing

/// Plugins that do not let go when their time is over.
@Suite(.serialized) struct LateTests {
  private static let configuration =
    #"{"lifecycleDeadline": 2000, "drainDeadline": 2000, "probation": {"seconds": 0}}"#
  private static let permissions =
    #""permissions": {"services": ["witness.>"], "publish": ["straggler.>"]}"#

  private func zoo(_ flags: [String] = []) throws -> Zoo {
    let zoo = try Zoo(configuration: Self.configuration)
    try zoo.add("straggler", flags, Self.permissions, source: "straggler")
    try zoo.host.start()
    #expect(try zoo.host.call("straggler.rounds") != nil)
    return zoo
  }

  private func expectRefused(
    _ zoo: Zoo, generation: Int, _ location: SourceLocation = #_sourceLocation
  ) {
    let line =
      "straggler \(generation): all refused: straggler (generation \(generation)) was retired; "
      + "a call of it came too late and was not carried out"
    #expect(
      Condition.holds { zoo.host.log.contains(line) }, "\(zoo.host.log)", sourceLocation: location)
  }

  @Test func `A thread that outlives its plugin is answered with DVT_GONE and keeps the image`()
    throws
  {
    let zoo = try zoo()
    let reply = try zoo.host.ask("unload", "straggler")
    #expect(reply.status == 0, "\(reply.errors)")
    let unload = reply.json?["changes"]?.array?.first?["unload"]
    #expect(unload?["outcome"]?.string == "retired", "\(reply.output)")
    let reason = unload?["reasons"]?.array?.first?.string ?? ""
    #expect(reason.contains("pthread_create"), "\(reason)")
    try zoo.expect(["straggler": "retired", "witness": "active"])
    expectRefused(zoo, generation: 1)
    try zoo.expectWitnessWorks()
    // The thread goes on calling beside the next generation, and while the host stops.
    #expect(try zoo.host.ask("load", "straggler").status == 0)
    #expect(try zoo.host.call("straggler.rounds") != nil)
    #expect(try zoo.host.info("straggler")?["retiredGenerations"]?.int == 1)
    zoo.expectCleanEnd()
  }

  @Test func `A thread of a replaced generation is answered with DVT_GONE`() throws {
    let zoo = try zoo()
    for version in ["2.0.0", "3.0.0"] {
      try zoo.add("straggler", [], Self.permissions, version: version, source: "straggler")
      let reply = try zoo.host.ask("reload", "straggler")
      #expect(reply.status == 0, "\(reply.errors)")
    }
    expectRefused(zoo, generation: 1)
    expectRefused(zoo, generation: 2)
    #expect(!zoo.host.log.contains("straggler 3: all refused"))
    let before = try zoo.host.call("straggler.rounds").flatMap { Int($0) } ?? 0
    let goesOn = try Condition.holds {
      try zoo.host.call("straggler.rounds").flatMap { Int($0) } ?? 0 > before
    }
    #expect(goesOn)
    #expect(try zoo.host.info("straggler")?["retiredGenerations"]?.int == 2)
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test func `promise 5: Callbacks that a plugin leaves behind are not called when it is unmapped`()
    throws
  {
    let zoo = try Zoo(configuration: Self.configuration)
    try zoo.add("pet")
    try zoo.add("crowd", [], #""permissions": {"publish": ["zoo.>"]}"#, source: "crowd")
    try zoo.host.start()
    for round in 1...20 {
      // It withdraws neither its subscription, nor its service, nor its timer.
      #expect(try zoo.host.call("pet.poke") == "one 0")
      let reply = try zoo.host.ask("unload", "pet")
      let outcome = reply.json?["changes"]?.array?.first?["unload"]?["outcome"]?.string
      #expect(outcome == "unmapped", "round \(round): \(reply.output)\(reply.errors)")
      #expect(try zoo.host.ask("publish", "zoo.poke").status == 0)
      #expect(try zoo.host.call("pet.poke") == nil)
      #expect(try zoo.host.ask("load", "pet").status == 0)
    }
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }
}
