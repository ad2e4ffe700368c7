import Glibc
import HostSupport
import TestSupport
import Testing

/// `dovetail run --supervise` with real processes.
@Suite(.serialized) struct SupervisorTests {
  @Test func `A host that is killed is started again, and says how the one before ended`() throws {
    let zoo = try Zoo.supervised()
    try zoo.host.start()
    let first = try #require(try zoo.hostPid())
    #expect(first != zoo.host.pid)
    #expect(zoo.report?["supervision"]?["pid"]?.int == Int64(zoo.host.pid))
    kill(first, SIGKILL)
    let second = try #require(try zoo.hostPid(after: first), "\(zoo.host.log)")
    #expect(zoo.report?["pid"]?.int == Int64(second))
    #expect(zoo.report?["supervision"]?["restarts"]?.int == 1)
    #expect(
      zoo.report?["supervision"]?["lastDeath"]?.string == "it was killed by SIGKILL",
      "\(String(describing: zoo.report))")
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
    #expect(Zoo.isGone(second))
  }

  @Test(arguments: ["SEGV", "EXIT"])
  func `promise 12: A plugin that ends the host is quarantined, and the rest goes on by itself`(
    deed: String
  ) throws {
    let zoo = try Zoo.supervised(#""restarts": 1"#)
    try zoo.add("bad", ["-DAT=HANDLER", "-DDO=\(deed)"])
    try zoo.add("worse", ["-DAT=SERVICE", "-DDO=\(deed)"])
    try zoo.host.start()
    let first = try #require(try zoo.hostPid())
    _ = try zoo.host.ask("publish", "zoo.poke")
    let second = try #require(try zoo.hostPid(after: first), "\(zoo.host.log)")
    try zoo.expect(["bad": "quarantined", "worse": "active", "witness": "active"])
    // Two deaths are more than are allowed, but each was the fault of a plugin that is not tried again.
    _ = try zoo.host.ask("call", "worse.poke")
    _ = try #require(try zoo.hostPid(after: second), "\(zoo.host.log)")
    try zoo.expect(["bad": "quarantined", "worse": "quarantined", "witness": "active"])
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test func `Plugins that each end the host on its way up are quarantined one by one`() throws {
    let zoo = try Zoo.supervised(#""restarts": 1"#)
    for name in ["a", "b", "c"] { try zoo.add(name, ["-DAT=INIT", "-DDO=SEGV"]) }
    try zoo.host.start()
    try zoo.expect([
      "a": "quarantined", "b": "quarantined", "c": "quarantined", "witness": "active",
    ])
    #expect(zoo.report?["supervision"]?["restarts"]?.int == 3)
    zoo.expectCleanEnd()
  }

  @Test func `promise 7: A new build that kills the host in its reload leaves the old one serving`()
    throws
  {
    let zoo = try Zoo.supervised("", #", "probation": {"seconds": 0}"#)
    try zoo.add("pet", ["-DTAG=\"one\""])
    try zoo.host.start()
    let first = try #require(try zoo.hostPid())
    try zoo.add("pet", ["-DTAG=\"two\"", "-DAT=INIT", "-DDO=SEGV"], version: "2.0.0")
    #expect(try zoo.host.ask("reload", "pet").status == 3)
    _ = try #require(try zoo.hostPid(after: first), "\(zoo.host.log)")
    try zoo.expect(["pet": "active", "witness": "active"])
    #expect(try zoo.host.call("pet.poke") == "one 0")
    let build = try #require(try zoo.host.ask("quarantine", "list").json?.array?.first)
    #expect(build["version"]?.string == "2.0.0")
    let hash = try SHA256Digest(ofFile: "\(zoo.host.plugins)/pet.so")
    #expect(build["contentHash"]?.string == hash.description)
    zoo.expectCleanEnd()
  }

  @Test func `A host that shows no sign of life is aborted and started again`() throws {
    let zoo = try Zoo.supervised(#""hangSeconds": 1"#)
    try zoo.host.start()
    let first = try #require(try zoo.hostPid())
    kill(first, SIGSTOP)
    let isBack = try Condition.holds {
      if !zoo.host.isRunning { throw HostDied(log: zoo.host.log) }
      return zoo.host.log.contains("it is started again")
    }
    #expect(isBack)
    _ = try #require(try zoo.hostPid(after: first), "\(zoo.host.log)")
    #expect(
      zoo.report?["supervision"]?["lastDeath"]?.string == "it has shown no sign of life for 1 s")
    // It was journalled as it died, and nobody is to blame.
    #expect(zoo.host.log.contains("no plugin is to blame"), "\(zoo.host.log)")
    #expect(zoo.host.log.contains("is killed") == false, "\(zoo.host.log)")
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test func `The host ends in order when its supervisor is killed`() throws {
    let zoo = try Zoo.supervised()
    try zoo.host.start()
    let pid = try #require(try zoo.hostPid())
    kill(zoo.host.pid, SIGKILL)
    #expect(zoo.host.waitForEnd() == .killed(signal: SIGKILL))
    #expect(Zoo.isGone(pid))
    try zoo.host.start()
    #expect(zoo.host.log.contains("did not end in order") == false, "\(zoo.host.log)")
    zoo.expectCleanEnd()
  }

  @Test func `A supervisor gives up on a host that dies again and again, and says what to do`()
    throws
  {
    let zoo = try Zoo.supervised(#""restarts": 2"#)
    try zoo.host.start()
    var pid: Int32 = 0
    for _ in 0..<3 {
      pid = try #require(try zoo.hostPid(after: pid), "\(zoo.host.log)")
      kill(pid, SIGKILL)
    }
    #expect(zoo.host.waitForEnd() == .exited(8), "\(zoo.host.log)")
    #expect(
      zoo.host.log.contains(
        "the host died 3 times within 600 s, the last time: it was killed by SIGKILL; the supervisor gave up"
      ), "\(zoo.host.log)")
    #expect(zoo.host.log.contains("next: see the log above"), "\(zoo.host.log)")
  }

  @Test func `A host that cannot start is not tried again, and its status is the supervisor's`()
    throws
  {
    let zoo = try Zoo.supervised()
    try zoo.host.start()
    let second = try RunningHost(flags: ["--supervise"], state: zoo.host.state)
    try second.launch()
    #expect(second.waitForEnd() == .exited(5), "\(second.log)")
    let wrong = try RunningHost(configuration: #"{"topics": 1}"#, flags: ["--supervise"])
    try wrong.launch()
    #expect(wrong.waitForEnd() == .exited(2), "\(wrong.log)")
    #expect(wrong.log.contains("topics"), "\(wrong.log)")
    zoo.expectCleanEnd()
  }

  @Test func `A hangup reaches the host, and a client's stop ends both`() throws {
    let zoo = try Zoo.supervised()
    try zoo.host.start()
    let pid = try #require(try zoo.hostPid())
    kill(zoo.host.pid, SIGHUP)
    #expect(Condition.holds { zoo.host.log.contains("configuration read anew") })
    #expect(try zoo.hostPid() == pid)
    #expect(try zoo.host.ask("stop").status == 0)
    #expect(zoo.host.waitForEnd() == .exited(0), "\(zoo.host.log)")
    #expect(Zoo.isGone(pid))
  }

  @Test func `A second signal ends both at once`() throws {
    let zoo = try Zoo.supervised()
    try zoo.add("slow", ["-DAT=PRE_CLEANUP", "-DDO=HANG"])
    try zoo.host.start()
    let pid = try #require(try zoo.hostPid())
    kill(zoo.host.pid, SIGTERM)
    #expect(Condition.holds { zoo.host.log.contains("a creature hangs") }, "\(zoo.host.log)")
    kill(zoo.host.pid, SIGTERM)
    #expect(zoo.host.waitForEnd() == .exited(128 + SIGTERM), "\(zoo.host.log)")
    #expect(Zoo.isGone(pid))
  }

  @Test func `A supervisor that waits to start the host again can be ended`() throws {
    let zoo = try Zoo(
      configuration: #"{"supervise": {"firstDelay": 600000, "longestDelay": 600000}}"#,
      flags: ["--supervise"])
    try zoo.host.start()
    let pid = try #require(try zoo.hostPid())
    kill(pid, SIGKILL)
    #expect(Condition.holds { zoo.host.log.contains("it is started again in") })
    zoo.expectCleanEnd()
  }
}
