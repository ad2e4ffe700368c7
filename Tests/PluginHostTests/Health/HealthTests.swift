import CDovetail
import FoundationEssentials
import Glibc
import HostSupport
import TestSupport
import Testing

@testable import PluginHost

extension HostSuite {
  @Suite("watches how its plugins are", .serialized)
  struct HealthTests {
    /// A plugin whose health is what the last event of `mode` said: h, d or u.
    private static func moody(_ id: String, version: String = "1.0.0") -> ProbePlugin {
      ProbePlugin(id, version: version)
        .declaring(
          """
          static _Atomic int mode = 'h';
          static int32_t on_mode(void *c, const dvt_event *e, const dvt_error_sink *s) {
            mode = e->data.ptr[0];
            return DVT_OK;
          }
          static int32_t say(const dvt_error_sink *sink, int later, const char *why) {
            dvt_error e = {HEADER(dvt_error), .code = DVT_FAILED, .retryable = later, .message = S(why)};
            sink->report(sink->context, &e);
            return DVT_FAILED;
          }
          """
        )
        .doing("init", "subscribe(\"mode\", \"mode\", on_mode, 0);")
        .doing(
          "health",
          """
          if (mode == 'd') return say(error, 1, "the cache is cold");
          if (mode == 'u') return say(error, 0, "the disk is gone");
          if (mode == 'c') __builtin_trap();
          if (mode == 's') return DVT_FAILED;
          """)
    }

    private static let hanging = ProbePlugin("hanging").doing(
      "health", "trace(\"health\"); for (;;) pause();")

    private func fixture(
      _ plugins: [ProbePlugin], _ configure: (inout HostConfiguration.Health) -> Void = { _ in }
    ) throws -> HostFixture {
      try HostFixture(plugins) { configuration in
        configuration.health.interval = 10
        configuration.health.deadline = 1_000
        configuration.drainDeadline = 200
        configure(&configuration.health)
      }
    }

    private func one(_ fixture: HostFixture, _ id: String) throws -> PluginHealthReport {
      try #require(try fixture.host.health(id).plugins.first)
    }

    private func becomes(
      _ fixture: HostFixture, _ id: String, _ state: String,
      _ location: SourceLocation = #_sourceLocation
    ) throws {
      let reached = try fixture.wait { try one(fixture, id).state == state }
      let now = try one(fixture, id)
      #expect(reached, "\(now)", sourceLocation: location)
    }

    @Test("as they say themselves, with reasons, a history, events and figures")
    func states() throws {
      let fixture = try fixture([Self.moody("p")])
      try becomes(fixture, "p", "healthy")
      for (mode, state, reason) in [
        ("d", "degraded", "the cache is cold"), ("u", "unhealthy", "the disk is gone"),
        ("h", "healthy", nil),
        ("s", "unhealthy", "it says \(CodeName.of(DVT_FAILED)), without a reason"),
      ] as [(String, String, String?)] {
        try fixture.publish("mode", mode)
        try becomes(fixture, "p", state)
        #expect(try one(fixture, "p").reason == reason)
        #expect(try fixture.host.health(nil).status == state)
        #expect(try fixture.host.info("p").health == state)
        #expect(try fixture.host.info("p").detail == reason.map { "\(state): \($0)" })
      }
      let report = try one(fixture, "p")
      #expect(
        report.history.map(\.state) == ["healthy", "degraded", "unhealthy", "healthy", "unhealthy"])
      #expect(report.history.map(\.reason)[1] == "the cache is cold")
      #expect(report.since == report.history.last?.time)
      func changes() throws -> [String] {
        try fixture.host.recentEvents(pattern: "health.changed", limit: 10)
          .map { try JSON(parsing: $0.payload.bytes) }
          .map { "\($0["from"]?.string ?? "") \($0["to"]?.string ?? "")" }
      }
      // The event follows what the report says already.
      #expect(try fixture.wait { try changes().count == 5 })
      #expect(
        try changes() == [
          "unknown healthy", "healthy degraded", "degraded unhealthy", "unhealthy healthy",
          "healthy unhealthy",
        ])
      let metrics = try fixture.host.metrics()
      func value(_ name: String) -> Double? { metrics.first { $0.name == name }?.value }
      #expect(value("dovetail_plugin_healthy") == 0)
      #expect(value("dovetail_plugin_health_changes_total") == 5)
      #expect(value("dovetail_live") == 1)
      #expect(value("dovetail_ready") == 1)
      #expect(try fixture.host.hostReport().degraded.contains { $0.hasPrefix("p is unhealthy") })
    }

    @Test("side by side: one that hangs is asked once, and holds up nobody")
    func hung() throws {
      let fixture = try fixture([Self.hanging, Self.moody("p")]) { $0.deadline = 20 }
      try becomes(fixture, "hanging", "unhealthy")
      #expect(
        try one(fixture, "hanging").reason == "its health check has not returned within 20 ms")
      let before = try one(fixture, "p").checks
      #expect(try fixture.wait { try one(fixture, "p").checks > before + 20 })
      #expect(try one(fixture, "p").state == "healthy")
      #expect(fixture.trace(of: "hanging").filter { $0 == "health" }.count == 1)
      // Nor does it hold up the host's own work, and its end is told as it is.
      _ = try fixture.host.unload("p", deadline: .soon)
      _ = try fixture.host.unload("hanging", deadline: .soon)
      #expect(fixture.state("hanging").hasPrefix("retired"))
    }

    @Test("with few threads, however many hang")
    func manyHang() throws {
      let plugins = (0..<12).map { number in
        ProbePlugin("h\(number)").doing("health", "trace(\"health\"); for (;;) pause();")
      }
      let fixture = try fixture(plugins + [Self.moody("p")]) { $0.deadline = 20 }
      for number in 0..<12 { try becomes(fixture, "h\(number)", "unhealthy") }
      try becomes(fixture, "p", "healthy")
      let names = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")
        .compactMap { try? Data(contentsOf: URL(filePath: "/proc/self/task/\($0)/comm")) }
        .map { String(decoding: $0, as: UTF8.self) }
      // Those that hang, those that work, and the one that looks; of this host and of others in this process.
      #expect(names.count { $0 == "dvt-health\n" } <= 12 + HealthProbes.most + 40)
      for number in 0..<12 {
        #expect(fixture.trace(of: "h\(number)").filter { $0 == "health" }.count == 1)
      }
    }

    @Test("and quarantines one that crashes as it is asked")
    func crash() throws {
      let fixture = try fixture([Self.moody("p"), Self.moody("q")])
      try becomes(fixture, "p", "healthy")
      try fixture.publish("mode", "c")
      #expect(fixture.wait { fixture.state("p") == "quarantined" })
      #expect(
        try fixture.host.quarantineWhy("p").cause.hasPrefix("SIGILL in its health check"))
      try becomes(fixture, "p", "unhealthy")
      // What is out of service makes the host degraded, not unhealthy.
      #expect(fixture.wait { fixture.state("q") == "quarantined" })
      #expect(try fixture.host.health(nil).status == "degraded")
    }

    @Test("by what it knows, where a plugin says nothing")
    func findings() throws {
      let plugin = ProbePlugin("p").lacking("health")
        .declaring(
          """
          static _Atomic int gate;
          static int32_t on_bad(void *c, const dvt_event *e, const dvt_error_sink *s) {
            return e->data.len ? fail(s, "no cheese") : DVT_OK;
          }
          static int32_t on_slow(void *c, const dvt_event *e, const dvt_error_sink *s) {
            while (!gate) usleep(1000);
            return DVT_OK;
          }
          static int32_t on_open(void *c, const dvt_event *e, const dvt_error_sink *s) {
            gate = 1;
            return DVT_OK;
          }
          """
        )
        .doing(
          "init",
          """
          subscribe("bad", "bad", on_bad, 0);
          subscribe("open", "open", on_open, 0);
          dvt_subscription o = {HEADER(dvt_subscription), .pattern = S("slow"), .name = S("slow"),
                                .delivery = DVT_DELIVERY_ASYNC, .capacity = 4, .timeout_ms = 5};
          dvt_handle h;
          FACE(DVT_EVENTS_INTERFACE, dvt_events)->subscribe(host, &o, on_slow, 0, &h, &errors);
          """)
      let fixture = try fixture([plugin]) { $0.interval = 300 }
      try becomes(fixture, "p", "healthy")
      for _ in 0..<4 { try fixture.publish("bad", "x") }
      try becomes(fixture, "p", "unhealthy")
      #expect(
        try one(fixture, "p").reason
          == "4 of 4 calls failed since the last check, the last: handler 'bad': no cheese")
      try becomes(fixture, "p", "healthy")
      try fixture.publish("slow")
      try becomes(fixture, "p", "degraded")
      #expect(
        try one(fixture, "p").reason
          == "handler 'slow' is suspended: a call of it runs past its time limit")
      try fixture.publish("open")
      // It serves again when a call of it has ended in time.
      let isWell = try fixture.wait {
        try fixture.publish("slow")
        return try one(fixture, "p").state == "healthy"
      }
      #expect(isWell)
    }

    @Test("and restarts one that stays unhealthy, with its state")
    func restart() throws {
      let fixture = try fixture([Self.moody("p")]) { $0.action = .restart }
      try becomes(fixture, "p", "healthy")
      try fixture.publish("mode", "u")
      #expect(try fixture.wait { try fixture.host.info("p").generation == 2 })
      try becomes(fixture, "p", "healthy")
      #expect(fixture.events.contains("plugin.reloaded p"))
      #expect(fixture.events.contains("health.action p"))
      #expect(try fixture.host.info("p").path == fixture.directory.file("plugins/p.so"))
      #expect(fixture.host.quarantine.list.isEmpty)
    }

    @Test("anew where its check hangs, and where its file has changed in its own build")
    func restartHung() throws {
      let hanging = ProbePlugin("p")
        .declaring("static int begun(void) { return access(TRACE \".begun\", F_OK) == 0; }")
        .doing(
          "health",
          "if (!begun()) { close(open(TRACE \".begun\", O_CREAT | O_WRONLY, 0600)); for (;;) pause(); }"
        )
      let fixture = try fixture([hanging]) {
        $0.action = .restart
        $0.deadline = 50
      }
      #expect(try fixture.wait { try fixture.host.info("p").generation == 2 })
      try becomes(fixture, "p", "healthy")
      #expect(try fixture.host.info("p").state == "active")
      let other = try self.fixture([Self.moody("q")]) { $0.action = .restart }
      try becomes(other, "q", "healthy")
      try other.put(Self.moody("q", version: "9.0.0"))
      try other.publish("mode", "u")
      #expect(try other.wait { try other.host.info("q").generation == 2 })
      // Until the reload has been settled it is that of the kept copy.
      let path = other.directory.file("plugins/q.so")
      #expect(try other.wait { try other.host.info("q").path == path })
      #expect(try other.host.info("q").version == "1.0.0")
    }

    @Test("but not for ever")
    func restartsAreBounded() throws {
      let sick = ProbePlugin("p").doing("health", "return fail(error, \"born ill\");")
      let fixture = try fixture([sick]) {
        $0.action = .restart
        $0.failures = 2
        $0.restarts = 2
      }
      let isLeft = try fixture.wait {
        try fixture.host.recentEvents(pattern: "health.action", limit: 10).contains {
          try JSON(parsing: $0.payload.bytes)["action"]?.string == "none"
        }
      }
      #expect(isLeft, "\(fixture.log)")
      #expect(try fixture.host.info("p").generation == 3)
      #expect(fixture.state("p") == "active")
      #expect(try one(fixture, "p").restarts == 2)
    }

    @Test("and quarantines one where the configuration says so, for it alone")
    func quarantine() throws {
      let needy = ProbePlugin("needy", requires: ["p"])
      let fixture = try fixture([Self.moody("p"), Self.moody("q"), needy]) {
        $0.plugins = ["p": .object(["action": .string("quarantine"), "failures": .int(1)])]
      }
      try becomes(fixture, "p", "healthy")
      try fixture.publish("mode", "u")
      #expect(fixture.wait { fixture.state("p") == "quarantined" })
      #expect(try fixture.host.quarantineWhy("p").cause == "it was unhealthy: the disk is gone")
      #expect(fixture.state("needy") == "blocked")
      try becomes(fixture, "q", "unhealthy")
      #expect(fixture.state("q") == "active")
      #expect(fixture.trace(of: "p").last == "cleanup")
    }

    @Test("and says itself whether it is ready")
    func readiness() throws {
      let fixture = try HostFixture([Self.moody("p")], start: false) {
        $0.health.required = ["p", "sql"]
        $0.health.interval = 10
      }
      #expect(try fixture.host.health(nil).reasons.first == "it is starting")
      try fixture.host.start()
      let report = try fixture.host.health(nil)
      #expect(report.live)
      #expect(!report.ready)
      #expect(report.reasons == ["sql, which is required, is not there"])
      try becomes(fixture, "p", "healthy")
      try fixture.reconfigure { $0.health.required = ["p"] }
      #expect(try fixture.host.health(nil).ready)
      let becameReady = try fixture.wait {
        try !fixture.host.recentEvents(pattern: "health.host", limit: 1).isEmpty
      }
      #expect(becameReady)
      _ = try fixture.host.unload("p", deadline: .soon)
      #expect(
        try fixture.host.health(nil).reasons == ["p, which is required, is unmapped"])
      try fixture.end()
      #expect(try fixture.host.health(nil).ready == false)
      #expect(throws: OperationError.self) { try fixture.host.health("nobody") }
    }

    @Test("not at all when the configuration wants no checks")
    func off() throws {
      let fixture = try fixture([Self.hanging]) { $0.interval = 0 }
      #expect(
        try fixture.host.health(nil).plugins.first?.reason == "it has not been checked yet")
      _ = try fixture.host.plan()
      #expect(fixture.trace(of: "hanging").contains("health") == false)
    }
  }
}
