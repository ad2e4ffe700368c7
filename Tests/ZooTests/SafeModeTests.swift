import Glibc
import HostSupport
import TestSupport
import Testing

/// Hosts that die, and nobody can say of what.
@Suite(.serialized) struct SafeModeTests {
  private static let killer = ["-DAT=INIT", "-DDO=KILL"]

  private func expectSafe(
    _ zoo: Zoo, _ level: String, _ location: SourceLocation = #_sourceLocation
  ) throws {
    let reached = try Condition.holds {
      if !zoo.host.isRunning { throw HostDied(log: zoo.host.log) }
      return zoo.report?["safeMode"]?["level"]?.string == level
        && zoo.host.log.contains("SAFE MODE (\(level))")
    }
    #expect(reached, "\(zoo.host.log)", sourceLocation: location)
  }

  @Test func `A host that dies before it is ready starts with what ran well, and says so`() throws {
    let zoo = try Zoo.supervised()
    try zoo.add("pet", ["-DTAG=\"one\""])
    try zoo.host.start()
    zoo.expectCleanEnd()
    try zoo.add("pet", ["-DTAG=\"two\""], version: "2.0.0")
    try zoo.add("bad", Self.killer)
    try zoo.host.start()
    try expectSafe(zoo, "known-good")
    try zoo.expect(["bad": "blocked", "pet": "active", "witness": "active"])
    #expect(try zoo.host.call("pet.poke") == "one 0")
    let why = try zoo.host.ask("why", "bad").json
    #expect(
      why?["chain"]?.array?.first?.string
        == "bad is held back in safe mode (known-good): the host died before it was ready, and no "
        + "plugin could be blamed; it was not there as it is in the last good run")
    #expect(why?["fix"]?.string == "dovetail safe-mode leave")
    #expect(try zoo.host.ask("quarantine", "list").json?.array?.isEmpty == true)
    let shown = try zoo.host.ask("safe-mode").json
    #expect(shown?["heldBack"]?.array == [.string("bad")])
    let doctor = try zoo.host.ask("doctor").json?.array ?? []
    let check = doctor.first { $0["name"]?.string == "safe mode" }
    #expect(check?["outcome"]?.string == "warn", "\(doctor)")
    let events = try SocketClient("\(zoo.host.state)/control.sock").ask("events.recent")
    let told = events["result"]?.array?.first { $0["type"]?.string == "system.safe_mode" }
    #expect(told?["data"]?["level"]?.string == "known-good", "\(events)")
    // The build is corrected, and the operator goes on.
    try zoo.add("bad", version: "1.0.1")
    #expect(try zoo.host.ask("load", "bad").status == 5)
    #expect(try zoo.host.ask("safe-mode", "leave").status == 0)
    try zoo.expect(["bad": "active", "pet": "active", "witness": "active"])
    #expect(try zoo.host.call("pet.poke") == "two 0")
    #expect(zoo.report?["safeMode"] == nil)
    #expect(try zoo.host.ask("safe-mode", "leave").status == 5)
    zoo.expectCleanEnd()
    try zoo.host.start()
    try zoo.expect(["bad": "active", "pet": "active", "witness": "active"])
    zoo.expectCleanEnd()
  }

  @Test func `Where nothing ever ran well, no plugin runs, also after an end in order`() throws {
    let zoo = try Zoo.supervised()
    try zoo.add("bad", Self.killer)
    try zoo.host.start()
    try expectSafe(zoo, "no-plugins")
    try zoo.expect(["bad": "blocked", "witness": "blocked"])
    zoo.expectCleanEnd()
    try zoo.host.start()
    try expectSafe(zoo, "no-plugins")
    zoo.expectCleanEnd()
    // Without a host to ask: at the next start, which dies once more unless the build is gone.
    #expect(unsafe unlink("\(zoo.host.plugins)/bad.so") == 0)
    let again = try RunningHost(
      flags: ["--safe-mode", "off"], plugins: zoo.host.plugins, state: zoo.host.state)
    try again.start()
    #expect(try again.states() == ["witness": "active"])
    #expect(again.stop() == .exited(0))
  }

  @Test func `Hosts that die again and again lead to safe mode, step by step`() throws {
    let zoo = try Zoo.supervised()
    try zoo.host.start()
    zoo.expectCleanEnd()
    try zoo.host.start()
    var pid: Int32 = 0
    for death in 0..<6 {
      pid = try #require(try zoo.hostPid(after: pid), "\(zoo.host.log)")
      if death == 3 { try expectSafe(zoo, "known-good") }
      // Only a host that is ready counts as one that died later.
      let isReady = Condition.holds {
        zoo.report != nil && (unsafe access("\(zoo.host.state)/starting", F_OK)) != 0
      }
      #expect(isReady)
      kill(pid, SIGKILL)
    }
    try expectSafe(zoo, "no-plugins")
    try zoo.expect(["witness": "blocked"])
    zoo.expectCleanEnd()
  }

  @Test func `An operator can ask for it, for one run`() throws {
    let zoo = try Zoo(flags: ["--safe-mode", "no-plugins"])
    try zoo.host.start()
    try expectSafe(zoo, "no-plugins")
    try zoo.expect(["witness": "blocked"])
    #expect(zoo.report?["safeMode"]?["byHand"]?.bool == true)
    #expect(try zoo.host.ask("safe-mode", "leave").status == 0)
    try zoo.expect(["witness": "active"])
    zoo.expectCleanEnd()
    let plain = try RunningHost(plugins: zoo.host.plugins, state: zoo.host.state)
    try plain.start()
    #expect(try plain.states() == ["witness": "active"])
    #expect(plain.stop() == .exited(0))
  }
}
