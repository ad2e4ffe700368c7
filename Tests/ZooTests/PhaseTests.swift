import TestSupport
import Testing

/// Misbehaviour on the way up and down that is contained: all of it in one host, beside each other.
@Suite(.serialized) struct PhaseTests {
  static let up = ["PRE_INIT", "INIT", "POST_INIT"]
  static let down = ["PRE_CLEANUP", "CLEANUP"]

  private static func id(_ what: String, _ place: String) -> String {
    "\(what.lowercased())-\(place.lowercased())"
  }

  @Test func `promise 4: Errors and traps on the way up stop nobody else`() throws {
    let zoo = try Zoo()
    for place in Self.up {
      for what in ["ERROR", "TRAP"] {
        try zoo.add(Self.id(what, place), ["-DAT=\(place)", "-DDO=\(what)"])
      }
    }
    try zoo.host.start()
    for place in Self.up {
      let failed = Self.id("error", place)
      try zoo.expect([failed: "failed"])
      #expect(
        try zoo.host.why(failed) == "\(failed) 1.0.0 failed in \(place.lowercased()): out of cheese"
      )
      let trapped = Self.id("trap", place)
      try zoo.expect([trapped: "quarantined"])
      #expect(
        try zoo.host.why(trapped)
          == "this build of \(trapped), 1.0.0, is quarantined: SIGILL in \(place.lowercased())")
    }
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test
  func `A host that was started with all signals blocked contains traps and ends when told to`()
    throws
  {
    let zoo = try Zoo()
    try zoo.add("bad", ["-DAT=INIT", "-DDO=TRAP"])
    try zoo.host.start(blockingSignals: true)
    try zoo.expect(["bad": "quarantined", "witness": "active"])
    zoo.expectCleanEnd()
  }

  @Test func `promise 4: A hang on the way up is given up at the deadline`() throws {
    let zoo = try Zoo(configuration: #"{"lifecycleDeadline": 200}"#)
    for place in Self.up { try zoo.add(Self.id("hang", place), ["-DAT=\(place)", "-DDO=HANG"]) }
    try zoo.host.start()
    for place in Self.up {
      let id = Self.id("hang", place)
      try zoo.expect([id: "failed"])
      #expect(
        try zoo.host.why(id)
          == "\(id) 1.0.0 failed in \(place.lowercased()): has not returned within 200 ms")
    }
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test func `promise 4: Errors, traps and hangs on the way down end that plugin alone`() throws {
    let zoo = try Zoo(configuration: #"{"lifecycleDeadline": 200}"#)
    for place in Self.down {
      for what in ["ERROR", "TRAP", "HANG"] {
        try zoo.add(Self.id(what, place), ["-DAT=\(place)", "-DDO=\(what)"])
      }
    }
    try zoo.host.start()
    for place in Self.down {
      for what in ["ERROR", "TRAP", "HANG"] {
        let id = Self.id(what, place)
        let reply = try zoo.host.ask("unload", id)
        #expect(reply.status == 0, "\(reply.errors)\(zoo.host.log)")
        try zoo.expect(["witness": "active"])
        let state = try zoo.host.states()[id]
        // An image whose code crashed or hangs is never unmapped.
        #expect(what == "ERROR" || state == "retired", "\(id) is \(state ?? "?")")
      }
    }
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test func `promise 3: A host whose plugins misbehave while it stops ends in order`() throws {
    let zoo = try Zoo(configuration: #"{"lifecycleDeadline": 200}"#)
    for place in Self.down {
      for what in ["ERROR", "TRAP", "HANG"] {
        try zoo.add(Self.id(what, place), ["-DAT=\(place)", "-DDO=\(what)"])
      }
    }
    try zoo.host.start()
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
    for place in Self.down {
      #expect(zoo.host.log.contains("has not returned within 200 ms"), "\(place)")
    }
    try zoo.host.start()
    try zoo.expect([
      "witness": "active", "trap-pre_cleanup": "quarantined", "trap-cleanup": "quarantined",
      "error-cleanup": "active",
    ])
    zoo.expectCleanEnd()
  }
}
