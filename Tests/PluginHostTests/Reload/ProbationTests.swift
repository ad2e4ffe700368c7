import EventBus
import HostSupport
import TestSupport
import Testing

@testable import PluginHost

extension HostSuite {
  @Suite("takes back reloads that ended the old build", .serialized)
  struct ProbationTests {
    /// A dependent that counts as `counter` does; it crashes at an event `u`.
    private static func user() -> ProbePlugin {
      var user = Reload.counter("1.0.0")
      user.id = "user"
      user.requires = ["counter"]
      return user.instead(
        "init",
        "subscribe(\"n.*\", \"in\", on_user, DVT_DELIVERY_SYNC); provide(\"user.ask\", ask);"
      ).declaring(
        """
        static int32_t on_user(void *c, const dvt_event *e, const dvt_error_sink *s) {
          if (e->data.len && e->data.ptr[0] == 'u') __builtin_trap();
          return on(c, e, s);
        }
        """)
    }

    /// Replaces version 1, which has counted three events, and lets the new one count a fourth.
    private func replaced(
      _ mode: String, with plugins: [ProbePlugin] = [], health: String = ""
    ) throws -> HostFixture {
      let fixture = try HostFixture([Reload.counter("1.0.0", reload: mode)] + plugins) {
        $0.probation.seconds = 60
      }
      for _ in 0..<3 { try fixture.publish("n.x") }
      try fixture.replace(Reload.counter("2.0.0", reload: mode).doing("health", health))
      #expect(try fixture.host.info("counter").detail == "on probation")
      fixture.clearTrace()
      try fixture.publish("n.x")
      return fixture
    }

    /// Gives cause for a rollback.
    ///
    /// - Returns: How many events more both builds have to count.
    private func spoil(_ fixture: HostFixture, _ cause: String) throws -> Int {
      switch cause {
      case "crash":
        try fixture.publish("n.x", "c")
        return 1
      case "failures":
        for _ in 0..<3 { try fixture.publish("n.x", "f") }
        return 3
      case "operator":
        _ = try fixture.host.rollback("counter", deadline: .soon)
        return 0
      default: return 0
      }
    }

    private static let causes = ["crash", "health", "failures", "operator"]

    @Test("a hand-off: the same image starts again with the saved state", arguments: causes)
    func handoff(cause: String) throws {
      let fixture = try replaced(
        "handoff", health: cause == "health" ? "return fail(error, \"too hot\");" : "")
      let count = 4 + (try spoil(fixture, cause))
      #expect(fixture.wait { (try? fixture.call("counter.ask")) == "1 \(count)" })
      #expect(fixture.wait { fixture.host.table["counter"]?.current?.number == 3 })
      #expect(fixture.trace(of: "counter").contains("redelivered"))
      let ends = fixture.trace(of: "counter").filter { ["cleanup", "init"].contains($0) }
      #expect(ends == (cause == "crash" ? ["init"] : ["cleanup", "init"]))
      #expect(
        try fixture.host.quarantineList().map(\.version) == (cause == "crash" ? ["2.0.0"] : []))
      try fixture.replace(Reload.counter("3.0.0", reload: "handoff"))
      #expect(try fixture.call("counter.ask") == "3 \(count)")
    }

    @Test("dependents too: they start again from before the reload", arguments: causes)
    func dependents(cause: String) throws {
      let fixture = try replaced(
        "restart-dependents", with: [Self.user()],
        health: cause == "health" ? "return fail(error, \"too hot\");" : "")
      let count = 4 + (try spoil(fixture, cause))
      #expect(fixture.wait { (try? fixture.call("counter.ask")) == "1 \(count)" })
      #expect(fixture.wait { (try? fixture.call("user.ask")) == "1 \(count)" })
      #expect(fixture.wait { fixture.host.table["user"]?.current?.number == 3 })
      #expect(fixture.trace(of: "user").contains("redelivered"))
      #expect(["counter", "user"].map(fixture.state) == ["active", "active"])
      try fixture.replace(Reload.counter("3.0.0", reload: "restart-dependents"))
      #expect(try fixture.call("counter.ask") == "3 \(count)")
      #expect(try fixture.call("user.ask") == "1 \(count)")
    }

    @Test("a dependent that crashes takes the reload back and is itself taken out of service")
    func dependentCrashes() throws {
      let fixture = try replaced("restart-dependents", with: [Self.user()])
      try fixture.publish("n.x", "u")
      #expect(fixture.wait { (try? fixture.call("counter.ask")) == "1 5" })
      #expect(fixture.wait { fixture.state("user") == "quarantined" })
      #expect(fixture.wait { fixture.state("counter") == "active" })
      #expect(try fixture.host.quarantineList().map(\.plugin) == ["user"])
    }

    @Test(
      "the end of a probation keeps the new builds; unloading a dependent ends it",
      arguments: ["unload", "reload"])
    func ends(by cause: String) throws {
      let fixture = try replaced("restart-dependents", with: [Self.user()])
      if cause == "unload" {
        _ = try fixture.host.unload("user", deadline: .soon)
      } else {
        _ = try fixture.host.reload("counter", dryRun: false, deadline: .soon)
        try fixture.replace(Reload.counter("3.0.0", reload: "restart-dependents"))
      }
      #expect(fixture.trace(of: "counter").contains("cleanup"))
      #expect(try fixture.call("counter.ask") == (cause == "unload" ? "2 4" : "3 4"))
    }

    @Test("an old build of a hand-off that cannot start again has failed, and says why")
    func cannotStartAgain() throws {
      let once = Reload.counter("1.0.0", reload: "handoff").doing(
        "post_init", "static int runs; if (runs++) return fail(error, \"no port\");")
      let fixture = try HostFixture([once]) { $0.probation.seconds = 60 }
      try fixture.replace(Reload.counter("2.0.0", reload: "handoff"))
      _ = try fixture.host.rollback("counter", deadline: .soon)
      #expect(fixture.state("counter") == "failed")
      #expect(try fixture.host.info("counter").lastError?.contains("no port") == true)
    }

    @Test("dependents that are restarted again and again keep one place in the journal")
    func journal() throws {
      let fixture = try HostFixture([
        Reload.counter("1.0.0", reload: "restart-dependents"), Self.user(),
      ])
      for version in 2...5 {
        try fixture.replace(Reload.counter("\(version).0.0", reload: "restart-dependents"))
      }
      let bad = Reload.counter("9.0.0", reload: "restart-dependents")
      #expect(throws: OperationError.self) {
        try fixture.replace(bad.doing("post_init", "return fail(error, \"no\");"))
      }
      let bytes = try #require(
        try AtomicFile.read("journal", in: fixture.host.state.root, limit: 64 << 20))
      let builds = try #require(JournalReader(bytes)).builds.filter { $0.id == "user" }
      let current = try #require(fixture.host.table["user"]?.current)
      #expect(builds.map(\.generation) == [current.number])
      #expect(builds.map(\.hash) == [current.hash])
    }
  }
}
