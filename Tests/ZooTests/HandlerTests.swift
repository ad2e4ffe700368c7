import HostSupport
import TestSupport
import Testing

/// Handlers, services and timers that fail, crash, hang or end each other, while the host goes on.
@Suite(.serialized) struct HandlerTests {
  private static let load = #""permissions": {"publish": ["zoo.>"]}"#

  private func zoo(_ flags: [String]) throws -> Zoo {
    let zoo = try Zoo(configuration: #"{"lifecycleDeadline": 500, "drainDeadline": 500}"#)
    try zoo.add("bad", flags)
    try zoo.add("pet")
    try zoo.add("cutter", [], source: "cutter")
    return zoo
  }

  /// Makes the host call into the place where the bad one misbehaves, without waiting for it.
  private func provoke(_ zoo: Zoo, _ place: String) throws -> ChildProcess? {
    let words: [String]
    switch place {
    case "HANDLER", "ASYNC": words = ["publish", "zoo.poke"]
    case "SERVICE": words = ["call", "bad.poke"]
    default: return nil
    }
    return try ChildProcess(
      [RunningHost.program] + words + ["--state", zoo.host.state], environment: ["HOME": "/"])
  }

  private static func flags(_ place: String, _ what: String) -> [String] {
    place == "ASYNC"
      ? ["-DAT=HANDLER", "-DASYNC", "-DDO=\(what)"] : ["-DAT=\(place)", "-DDO=\(what)"]
  }

  @Test(arguments: ["HANDLER", "ASYNC", "SERVICE", "TIMER"])
  func `promise 4: A trap in a call is contained and quarantines that build alone`(place: String)
    throws
  {
    let zoo = try zoo(Self.flags(place, "TRAP"))
    try zoo.host.start()
    if let client = try provoke(zoo, place) {
      #expect(client.wait() != nil, "the caller waits for ever")
    }
    try zoo.expect(["bad": "quarantined", "pet": "active", "witness": "active"])
    let why = try zoo.host.why("bad")
    #expect(why.hasPrefix("this build of bad, 1.0.0, is quarantined: SIGILL in "), "\(why)")
    if place == "HANDLER" { #expect(try zoo.host.call("pet.poke") == "one 1") }
    #expect(try zoo.degraded() == ["bad is quarantined"])
    #expect(try zoo.host.ask("reload", "bad").status == 5)
    #expect(try zoo.host.ask("load", "bad").status == 5)
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test(arguments: ["HANDLER", "ASYNC", "SERVICE", "TIMER"])
  func `promise 4: An error of a call fails that call only, and is counted`(place: String) throws {
    let zoo = try zoo(Self.flags(place, "ERROR"))
    try zoo.host.start()
    let client = try provoke(zoo, place)
    if let client, place == "SERVICE" {
      #expect(client.wait() == .exited(1))
      #expect(client.errors.contains("out of cheese"), "\(client.errors)")
    } else {
      if let client { #expect(client.wait() == .exited(0)) }
      let isCounted = try Condition.holds { try zoo.host.info("bad")?["failed"]?.int ?? 0 > 0 }
      #expect(isCounted, "\(zoo.host.log)")
    }
    try zoo.expect(["bad": "active", "pet": "active", "witness": "active"])
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test(arguments: ["HANDLER", "ASYNC", "SERVICE", "TIMER"])
  func `promise 4: A call that hangs holds up nobody else, and its image is kept`(place: String)
    throws
  {
    let zoo = try zoo(Self.flags(place, "HANG"))
    try zoo.host.start()
    let client = try provoke(zoo, place)
    if place == "ASYNC" { #expect(client?.wait() == .exited(0)) }
    #expect(Condition.holds { zoo.host.log.contains("a creature hangs") }, "\(zoo.host.log)")
    try zoo.expectWitnessWorks()
    // The others come and go meanwhile, and wait for nobody.
    #expect(try zoo.host.call("cutter.once") == "0")
    try expectUnloads(zoo, "pet", as: "unmapped")
    #expect(try zoo.host.ask("load", "pet").status == 0)
    try expectReloadGivenUp(zoo)
    let reason = try expectUnloads(zoo, "bad", as: "retired")
    #expect(reason == "1 calls into it have not returned")
    try zoo.expect(["bad": "retired", "pet": "active", "witness": "active"])
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test(arguments: ["HANDLER", "ASYNC", "SERVICE", "TIMER"])
  func `promise 3: A host in which a call hangs ends in order when told to`(place: String) throws {
    let zoo = try zoo(Self.flags(place, "HANG"))
    try zoo.host.start()
    let client = try provoke(zoo, place)
    #expect(Condition.holds { zoo.host.log.contains("a creature hangs") }, "\(zoo.host.log)")
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
    #expect(
      zoo.host.log.contains("1 calls into it have not returned"), "\(zoo.host.log)")
    if let client { #expect(client.wait() != nil, "the caller waits for ever") }
    try zoo.host.start()
    try zoo.expect(["bad": "active", "pet": "active", "witness": "active"])
    #expect(try zoo.host.ask("quarantine", "list").json?.array?.isEmpty == true)
  }

  /// A reload waits for the call as long as `drainDeadline` says, and names who is stuck.
  private func expectReloadGivenUp(_ zoo: Zoo) throws {
    try zoo.add("bad", ["-DTAG=\"two\""], version: "2.0.0")
    let reply = try zoo.host.ask("reload", "bad")
    #expect(reply.status == 6, "\(reply.output)\(reply.errors)")
    #expect(
      reply.json?["error"]?["message"]?.string
        == "the reload of bad was given up: 1 calls and 0 tasks of bad did not come to rest "
        + "within 500 ms; generation 1 goes on")
    try zoo.expect(["bad": "active", "pet": "active", "witness": "active"])
  }

  @discardableResult
  private func expectUnloads(
    _ zoo: Zoo, _ id: String, as outcome: String, _ location: SourceLocation = #_sourceLocation
  ) throws -> String? {
    let reply = try zoo.host.ask("unload", id)
    #expect(reply.status == 0, "\(reply.errors)", sourceLocation: location)
    let unload = reply.json?["changes"]?.array?.first?["unload"]
    #expect(unload?["outcome"]?.string == outcome, "\(reply.output)", sourceLocation: location)
    return unload?["reasons"]?.array?.first?.string
  }

  @Test
  func `promise 5: Handlers that end themselves and each other under load are not called late`()
    throws
  {
    let zoo = try Zoo()
    try zoo.add("cutter", [], source: "cutter")
    for id in ["crowd-a", "crowd-b"] { try zoo.add(id, [], Self.load, source: "crowd") }
    try zoo.host.start()
    try zoo.expect(["crowd-a": "active", "crowd-b": "active", "cutter": "active"])
    let isBusy = try Condition.holds { try counts(zoo).completed >= 5_000 }
    #expect(isBusy, "\(zoo.host.log)")
    try zoo.expectWitnessWorks()
    for id in ["crowd-a", "crowd-b"] { #expect(try zoo.host.ask("unload", id).status == 0) }
    let all = try Condition.holds { try counts(zoo).pending == counts(zoo).completed }
    let final = try counts(zoo)
    #expect(all, "\(final)")
    #expect(final.late == 0)
    #expect(final.ended > 0)
    // Its image can be unmapped: no thread is in it.
    try expectUnloads(zoo, "cutter", as: "unmapped")
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test func `promise 5: A plugin that is unloaded while ends are pending is not called later`()
    throws
  {
    let zoo = try Zoo()
    try zoo.add("cutter", [], source: "cutter")
    for id in ["crowd-a", "crowd-b"] { try zoo.add(id, [], Self.load, source: "crowd") }
    try zoo.host.start()
    for _ in 0..<10 {
      let isBusy = try Condition.holds { try counts(zoo).pending >= 100 }
      #expect(isBusy, "\(zoo.host.log)")
      try expectUnloads(zoo, "cutter", as: "unmapped")
      #expect(try zoo.host.ask("load", "cutter").status == 0)
    }
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  private struct Counts { var calls = 0, late = 0, ended = 0, pending = 0, completed = 0 }

  private func counts(_ zoo: Zoo) throws -> Counts {
    let words =
      try zoo.host.call("cutter.counts")?.split(separator: " ").compactMap { Int($0) } ?? []
    try #require(words.count == 5, "\(zoo.host.log)")
    return Counts(
      calls: words[0], late: words[1], ended: words[2], pending: words[3], completed: words[4])
  }
}
