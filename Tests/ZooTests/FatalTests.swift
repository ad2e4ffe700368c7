import Glibc
import HostSupport
import TestSupport
import Testing

/// What ends the host: the next start blames exactly one build and runs the rest.
@Suite(.serialized) struct FatalTests {
  private func expectQuarantine(
    _ zoo: Zoo, cause: String, _ location: SourceLocation = #_sourceLocation
  ) throws {
    try zoo.host.start()
    try zoo.expect(["bad": "quarantined", "innocent": "active", "witness": "active"], location)
    let list = try zoo.host.ask("quarantine", "list").json?.array ?? []
    #expect(list.compactMap { $0["plugin"]?.string } == ["bad"], sourceLocation: location)
    let known = list.first?["cause"]?.string ?? ""
    #expect(known.hasPrefix(cause), "\(known)", sourceLocation: location)
    #expect(
      zoo.host.log.contains("died of bad 1.0.0: \(cause)"), "\(zoo.host.log)",
      sourceLocation: location)
    try zoo.expectWitnessWorks(location)
    zoo.expectCleanEnd(location)
  }

  private func zoo(_ flags: [String], _ more: String = "") throws -> Zoo {
    let zoo = try Zoo()
    try zoo.add("bad", flags, more)
    try zoo.add("innocent")
    return zoo
  }

  @Test(arguments: ["CONSTRUCTOR", "ENTRY", "PRE_INIT", "INIT", "POST_INIT"])
  func `promise 12: A memory fault on the way up ends the host, and the next start runs the rest`(
    place: String
  ) throws {
    let zoo = try zoo(
      ["-DAT=\(place)", "-DDO=SEGV"] + (place == "CONSTRUCTOR" ? ["-DCONSTRUCTS"] : []))
    try zoo.host.launch()
    #expect(zoo.host.waitForEnd() == .killed(signal: SIGSEGV))
    let phase = ["CONSTRUCTOR": "load", "ENTRY": "load"][place] ?? place.lowercased()
    try expectQuarantine(zoo, cause: "SIGSEGV at 0x8 in \(phase)")
  }

  @Test(arguments: ["HANDLER", "SERVICE", "TIMER", "METRICS"])
  func `promise 12: A memory fault in a handler is attributed to it`(place: String) throws {
    let zoo = try zoo(["-DAT=\(place)", "-DDO=SEGV"])
    if place == "TIMER" { try zoo.host.launch() } else { try zoo.host.start() }
    switch place {
    case "HANDLER": _ = try zoo.host.ask("publish", "zoo.poke")
    case "SERVICE": _ = try zoo.host.ask("call", "bad.poke")
    case "METRICS": _ = try zoo.host.ask("metrics")
    default: break
    }
    #expect(zoo.host.waitForEnd() == .killed(signal: SIGSEGV))
    let topic = ["HANDLER": " while handling zoo.poke"][place] ?? ""
    try expectQuarantine(zoo, cause: "SIGSEGV at 0x8\(topic)")
  }

  @Test(arguments: ["QUIESCE", "SAVE", "PRE_CLEANUP", "CLEANUP"])
  func `promise 12: A memory fault on the way down is attributed to it`(place: String) throws {
    let zoo = try zoo(["-DAT=\(place)", "-DDO=SEGV"], ReloadTests.state)
    try zoo.host.start()
    if place.hasSuffix("CLEANUP") {
      zoo.host.stop()
    } else {
      let next = try Workshop.shared.c(
        "creature", Workshop.manifest("bad", ReloadTests.state, version: "1.0.1"))
      let old = try Workshop.shared.c(
        "creature", Workshop.manifest("bad", ReloadTests.state), ["-DAT=\(place)", "-DDO=SEGV"])
      try zoo.place(next, as: "bad.so")
      _ = try zoo.host.ask("reload", "bad")
      try zoo.place(old, as: "bad.so")
    }
    #expect(zoo.host.waitForEnd() == .killed(signal: SIGSEGV))
    let phase = place == "SAVE" ? "save_state" : place.lowercased()
    try expectQuarantine(zoo, cause: "SIGSEGV at 0x8 in \(phase)")
  }

  @Test(arguments: ["CONSTRUCTOR", "ENTRY", "PRE_INIT", "INIT", "POST_INIT"])
  func `promise 12: A plugin that calls exit is named and quarantined`(place: String) throws {
    let zoo = try zoo(
      ["-DAT=\(place)", "-DDO=EXIT"] + (place == "CONSTRUCTOR" ? ["-DCONSTRUCTS"] : []))
    try zoo.host.launch()
    #expect(zoo.host.waitForEnd() == .exited(7))
    let phase = ["CONSTRUCTOR": "load", "ENTRY": "load"][place] ?? place.lowercased()
    try expectQuarantine(zoo, cause: "it called exit(7) in \(phase)")
  }

  @Test(arguments: ["HANDLER", "ASYNC", "SERVICE", "TIMER", "METRICS"])
  func `promise 12: A call of exit in a handler is attributed to it`(place: String) throws {
    let zoo = try zoo(
      place == "ASYNC"
        ? ["-DAT=HANDLER", "-DASYNC", "-DDO=EXIT"] : ["-DAT=\(place)", "-DDO=EXIT"])
    if place == "TIMER" { try zoo.host.launch() } else { try zoo.host.start() }
    switch place {
    case "HANDLER", "ASYNC": _ = try zoo.host.ask("publish", "zoo.poke")
    case "SERVICE": _ = try zoo.host.ask("call", "bad.poke")
    case "METRICS": _ = try zoo.host.ask("metrics")
    default: break
    }
    #expect(zoo.host.waitForEnd() == .exited(7))
    try expectQuarantine(zoo, cause: "it called exit(7) in running")
  }

  @Test(arguments: ["PRE_CLEANUP", "CLEANUP"])
  func `promise 12: A call of exit on the way down is attributed to it`(place: String) throws {
    let zoo = try zoo(["-DAT=\(place)", "-DDO=EXIT"])
    try zoo.host.start()
    #expect(zoo.host.stop() == .exited(7))
    try expectQuarantine(zoo, cause: "it called exit(7) in \(place.lowercased())")
  }

  @Test func `promise 12: A call of exit on a thread of the plugin's own is attributed to it`()
    throws
  {
    let zoo = try Zoo()
    try zoo.add(
      "bad", ["-DEXITS"],
      #""permissions": {"services": ["witness.>"], "publish": ["straggler.>"]}"#,
      source: "straggler")
    try zoo.add("innocent")
    try zoo.host.start()
    _ = try zoo.host.ask("publish", "zoo.poke")
    #expect(zoo.host.waitForEnd() == .exited(7))
    try expectQuarantine(zoo, cause: "it called exit(7) in running")
  }

  // MARK: Reloads

  private static let reloading = #"{"probation": {"seconds": 0}}"#

  /// A host whose pet is reloaded to a second build and dies of it.
  private func dieInReload(_ old: [String], _ new: [String]) throws -> Zoo {
    let zoo = try Zoo(configuration: Self.reloading)
    try zoo.add("pet", ["-DTAG=\"one\""] + old, ReloadTests.state)
    try zoo.host.start()
    #expect(try zoo.host.call("pet.poke") == "one 0")
    try zoo.add("pet", ["-DTAG=\"two\""] + new, ReloadTests.state, version: "2.0.0")
    #expect(try zoo.host.ask("reload", "pet").status == 3)
    #expect(zoo.host.waitForEnd() == .killed(signal: SIGSEGV))
    return zoo
  }

  private func expectBlamed(
    _ zoo: Zoo, version: String, phase: String, serving: String,
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    try zoo.host.start()
    try zoo.expect(["pet": "active", "witness": "active"], location)
    #expect(try zoo.host.call("pet.poke") == serving, sourceLocation: location)
    let list = try zoo.host.ask("quarantine", "list").json?.array ?? []
    let blamed = list.map { "\($0["plugin"]?.string ?? "") \($0["version"]?.string ?? "")" }
    #expect(blamed == ["pet \(version)"], sourceLocation: location)
    let cause = list.first?["cause"]?.string ?? ""
    #expect(cause.hasPrefix("SIGSEGV at 0x8 in \(phase)"), "\(cause)", sourceLocation: location)
    try zoo.expectWitnessWorks(location)
    zoo.expectCleanEnd(location)
  }

  @Test(arguments: ["CONSTRUCTOR", "PRE_INIT", "INIT", "RESTORE", "POST_INIT"])
  func `promise 12: A new build that kills the host in a reload is blamed, and the old one started`(
    place: String
  ) throws {
    let zoo = try dieInReload(
      [], ["-DAT=\(place)", "-DDO=SEGV"] + (place == "CONSTRUCTOR" ? ["-DCONSTRUCTS"] : []))
    let phase = ["CONSTRUCTOR": "load", "RESTORE": "restore_state"][place] ?? place.lowercased()
    try expectBlamed(zoo, version: "2.0.0", phase: phase, serving: "one 0")
  }

  @Test func `promise 12: An old build that kills the host as it resumes is blamed, not the new`()
    throws
  {
    let zoo = try dieInReload(["-DAT=RESUME", "-DDO=SEGV"], ["-DAT=RESTORE", "-DDO=ERROR"])
    try expectBlamed(zoo, version: "1.0.0", phase: "resume", serving: "two 0")
  }

  @Test func `promise 12: An abort of the plugin's own ends the host by that signal`() throws {
    let zoo = try zoo(["-DAT=INIT", "-DDO=ABORT"])
    try zoo.host.launch()
    #expect(zoo.host.waitForEnd() == .killed(signal: SIGABRT))
    try expectQuarantine(zoo, cause: "SIGABRT at 0x")
  }

  @Test func `promise 12: A bad pointer handed to the host is the plugin's fault`() throws {
    let zoo = try zoo(["-DBAD_POINTER"])
    try zoo.host.start()
    _ = try zoo.host.ask("call", "bad.poke")
    #expect(zoo.host.waitForEnd() == .killed(signal: SIGSEGV))
    try expectQuarantine(zoo, cause: "SIGSEGV at 0x8")
    let cause = try zoo.quarantineCause()
    #expect(cause.contains(", in the host's code that it called"), "\(cause)")
  }

  @Test func `promise 12: A trap in the host's code is never contained, and is the caller's fault`()
    throws
  {
    let zoo = try zoo(["-DBAD_LENGTH"])
    try zoo.host.start()
    _ = try zoo.host.ask("call", "bad.poke")
    let ending = zoo.host.waitForEnd()
    #expect(ending == .killed(signal: SIGILL), "\(zoo.host.log)")
    try expectQuarantine(zoo, cause: "SIGILL at 0x")
    let cause = try zoo.quarantineCause()
    #expect(cause.contains(", in the host's code that it called"), "\(cause)")
  }

  @Test func `promise 12: A build that was good takes the place of one that kills the host`() throws
  {
    let zoo = try Zoo()
    try zoo.add("bad", ["-DTAG=\"good\""])
    try zoo.host.start()
    zoo.expectCleanEnd()
    try zoo.add("bad", ["-DAT=INIT", "-DDO=SEGV"], version: "2.0.0")
    try zoo.host.launch()
    #expect(zoo.host.waitForEnd() == .killed(signal: SIGSEGV))
    try zoo.host.start()
    try zoo.expect(["bad": "active", "witness": "active"])
    #expect(try zoo.host.call("bad.poke") == "good 0")
    zoo.expectCleanEnd()
  }
}
