import HostSupport
import TestSupport
import Testing

/// A constructor that never comes back, under the loader's lock of the process.
@Suite(.serialized) struct LoaderTests {
  private func expectStuck(
    _ reply: RunningHost.Reply, _ location: SourceLocation = #_sourceLocation
  ) {
    #expect(reply.status == 7, "\(reply.output)\(reply.errors)", sourceLocation: location)
    let message = reply.json?["error"]?["message"]?.string ?? ""
    #expect(
      message.hasPrefix("the loader is stuck: loading hanging ("), "\(message)",
      sourceLocation: location)
    #expect(
      message.hasSuffix("nothing can be loaded or unloaded"), "\(message)", sourceLocation: location
    )
  }

  private func expectOnlyLoaderStopped(_ zoo: Zoo) throws {
    try zoo.add("late")
    expectStuck(try zoo.host.ask("load", "late"))
    expectStuck(try zoo.host.ask("unload", "pet"))
    try zoo.add("pet", ["-DTAG=\"two\""], version: "2.0.0")
    expectStuck(try zoo.host.ask("reload", "pet"))
    let isReported = try Condition.holds {
      try zoo.degraded().contains {
        $0.hasPrefix("loader-stuck: loading hanging has not come back for")
      }
    }
    #expect(isReported)
    #expect(try zoo.host.ask("publish", "zoo.poke").status == 0)
    #expect(try zoo.host.call("pet.poke") == "one 1")
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  private func zoo() throws -> Zoo {
    let zoo = try Zoo(configuration: #"{"lifecycleDeadline": 300, "drainDeadline": 300}"#)
    try zoo.add("pet")
    return zoo
  }

  private static let hangs = ["-DAT=CONSTRUCTOR", "-DDO=HANG", "-DCONSTRUCTS"]

  @Test func `promise 4: A constructor that hangs at run time stops loading, and nothing else`()
    throws
  {
    let zoo = try zoo()
    try zoo.host.start()
    try zoo.add("hanging", Self.hangs)
    let reply = try zoo.host.ask("load", "hanging")
    #expect(reply.status == 1, "\(reply.output)\(reply.errors)")
    #expect(
      reply.json?["error"]?["message"]?.string
        == "hanging could not be loaded: hanging 1.0.0 failed in load: has not returned within 300 ms"
    )
    try expectOnlyLoaderStopped(zoo)
  }

  @Test func `promise 4: A constructor that hangs at the start leaves those before it running`()
    throws
  {
    let zoo = try zoo()
    try zoo.add("hanging", Self.hangs, #""after": ["pet", "witness"]"#)
    try zoo.add("behind", [], #""after": ["hanging"]"#)
    try zoo.host.start()
    try zoo.expect(["hanging": "failed", "behind": "failed", "pet": "active", "witness": "active"])
    let why = try zoo.host.why("behind")
    #expect(why.contains("loading hanging has not come back for"), "\(why)")
    #expect(why.contains("restart the host without hanging"), "\(why)")
    try expectOnlyLoaderStopped(zoo)
  }

  @Test(arguments: [
    (["-DDO=SEGV"], "its constructors crashed (SIGSEGV) in a throw-away process"),
    (["-DDO=EXIT"], "its constructors called exit(7) in a throw-away process"),
    (["-DDO=HANG"], "its constructors did not return in a throw-away process"),
  ])
  func `load.probe refuses an image whose constructor misbehaves, and the host goes on`(
    misdeed: [String], reason: String
  ) throws {
    let zoo = try Zoo(configuration: #"{"lifecycleDeadline": 2000, "load": {"probe": true}}"#)
    let flags = ["-DAT=CONSTRUCTOR", "-DCONSTRUCTS"]
    try zoo.add("bad", flags + misdeed)
    try zoo.add("good", ["-DCONSTRUCTS"])
    try zoo.host.start()
    try zoo.expect(["bad": "failed", "good": "active", "witness": "active"])
    let why = try zoo.host.why("bad")
    #expect(why.contains(reason), "\(why)")
    let reply = try zoo.host.ask("load", "bad")
    #expect(reply.status == 1, "\(reply.output)\(reply.errors)")
    #expect(reply.json?["error"]?["message"]?.string?.contains(reason) == true, "\(reply.output)")
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }
}
