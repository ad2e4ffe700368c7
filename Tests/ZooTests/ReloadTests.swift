import HostSupport
import TestSupport
import Testing

/// Reloads that fail, in every phase and every way, and those that must not.
@Suite(.serialized) struct ReloadTests {
  static let state = #""state": {"schema": "pokes", "version": 1, "accepts": [1]}"#
  static let configuration =
    #"{"lifecycleDeadline": 200, "drainDeadline": 500, "probation": {"seconds": 0}}"#

  private func zoo(_ flags: [String] = []) throws -> Zoo {
    let zoo = try Zoo(configuration: Self.configuration)
    try zoo.add("pet", flags, Self.state)
    try zoo.host.start()
    #expect(try zoo.host.ask("publish", "zoo.poke").status == 0)
    #expect(try zoo.host.call("pet.poke") == "one 1")
    return zoo
  }

  private func replace(_ zoo: Zoo, _ flags: [String] = []) throws -> RunningHost.Reply {
    try zoo.add("pet", ["-DTAG=\"two\""] + flags, Self.state, version: "2.0.0")
    return try zoo.host.ask("reload", "pet")
  }

  @Test(arguments: ["PRE_INIT", "INIT", "RESTORE", "POST_INIT"], ["ERROR", "TRAP", "HANG"])
  func `promise 7: A new build that fails leaves the old one serving, with its state`(
    place: String, what: String
  ) throws {
    let zoo = try zoo()
    let reply = try replace(zoo, ["-DAT=\(place)", "-DDO=\(what)"])
    #expect(reply.status == 1, "\(reply.output)\(reply.errors)")
    let phase = place == "RESTORE" ? "restore_state" : place.lowercased()
    let reason = [
      "ERROR": "out of cheese", "TRAP": "crashed (SIGILL) and was contained",
      "HANG": "has not returned within 200 ms",
    ]
    #expect(
      reply.json?["error"]?["message"]?.string
        == "the reload of pet was given up in \(phase) of pet 2.0.0: \(reason[what] ?? ""); "
        + "generation 1 (1.0.0) goes on")
    #expect(try zoo.host.call("pet.poke") == "one 1")
    #expect(try zoo.host.ask("publish", "zoo.poke").status == 0)
    #expect(try zoo.host.call("pet.poke") == "one 2")
    if what == "TRAP" {
      let again = try zoo.host.ask("reload", "pet")
      #expect(again.status == 5, "\(again.output)\(again.errors)")
      let message = again.json?["error"]?["message"]?.string ?? ""
      #expect(
        message.hasSuffix("is quarantined: SIGILL in \(phase)"),
        "a build that crashed was tried again: \(message)")
      #expect(try zoo.host.call("pet.poke") == "one 2")
    }
    try zoo.expectWitnessWorks()
    // The next build is none the worse for it.
    try zoo.add("pet", ["-DTAG=\"three\""], Self.state, version: "3.0.0")
    #expect(try zoo.host.ask("reload", "pet").status == 0)
    #expect(try zoo.host.call("pet.poke") == "three 2")
    zoo.expectCleanEnd()
  }

  @Test(arguments: ["QUIESCE", "SAVE"])
  func `promise 7: An old build that refuses to rest goes on`(place: String) throws {
    let zoo = try zoo(["-DAT=\(place)", "-DDO=ERROR"])
    let reply = try replace(zoo)
    let phase = place == "SAVE" ? "save_state" : "quiesce"
    #expect(
      reply.json?["error"]?["message"]?.string
        == "the reload of pet was given up in \(phase) of pet 1.0.0: out of cheese; "
        + "generation 1 (1.0.0) goes on")
    #expect(try zoo.host.call("pet.poke") == "one 1")
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test(arguments: ["QUIESCE", "SAVE"], ["TRAP", "HANG"])
  func `promise 4: An old build that breaks while coming to rest is taken out of service`(
    place: String, what: String
  ) throws {
    let zoo = try zoo(["-DAT=\(place)", "-DDO=\(what)"])
    let reply = try replace(zoo)
    #expect(reply.status == 1, "\(reply.output)")
    let phase = place == "SAVE" ? "save_state" : "quiesce"
    let reason =
      what == "TRAP" ? "crashed (SIGILL) and was contained" : "has not returned within 200 ms"
    #expect(
      reply.json?["error"]?["message"]?.string
        == "the reload of pet was given up in \(phase) of pet 1.0.0: \(reason); "
        + "generation 1 (1.0.0) is taken out of service")
    try zoo.expect(["pet": what == "TRAP" ? "quarantined" : "failed"])
    let why = try zoo.host.why("pet")
    #expect(why.contains(" in \(phase)"), "\(why)")
    #expect(try zoo.host.call("pet.poke") == nil)
    try zoo.expectWitnessWorks()
    // Its file holds the new build already.
    #expect(try zoo.host.ask("load", "pet").status == 0)
    #expect(try zoo.host.call("pet.poke") == "two 0")
    zoo.expectCleanEnd()
  }

  @Test(arguments: ["ERROR", "TRAP", "HANG"])
  func `promise 4: An old build that breaks as it resumes is named, and the rest goes on`(
    what: String
  ) throws {
    let zoo = try zoo(["-DAT=RESUME", "-DDO=\(what)"])
    let reply = try replace(zoo, ["-DAT=POST_INIT", "-DDO=ERROR"])
    #expect(reply.status == 1, "\(reply.output)")
    let fate =
      [
        "ERROR": "goes on, but its resume failed: out of cheese",
        "TRAP": "is taken out of service, as its resume failed: crashed (SIGILL) and was contained",
        "HANG": "is taken out of service, as its resume failed: has not returned within 200 ms",
      ][what] ?? ""
    #expect(
      reply.json?["error"]?["message"]?.string
        == "the reload of pet was given up in post_init of pet 2.0.0: out of cheese; "
        + "generation 1 (1.0.0) \(fate)")
    let state = ["ERROR": "active", "TRAP": "quarantined", "HANG": "failed"][what] ?? ""
    try zoo.expect(["pet": state])
    #expect(zoo.host.log.contains("resume of pet 1.0.0: "), "\(zoo.host.log)")
    #expect(try zoo.host.call("pet.poke") == (what == "ERROR" ? "one 1" : nil))
    let why = try zoo.host.why("pet")
    #expect(why.contains("resume"), "\(why)")
    try zoo.expectWitnessWorks()
    // The next build is none the worse for it.
    try zoo.add("pet", ["-DTAG=\"three\""], Self.state, version: "3.0.0")
    #expect(try zoo.host.ask("reload", "pet").status == 0)
    #expect(try zoo.host.call("pet.poke") == (what == "ERROR" ? "three 1" : "three 0"))
    zoo.expectCleanEnd()
  }
}
