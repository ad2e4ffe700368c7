import HostSupport
import TestSupport
import Testing

@testable import PluginHost

extension HostSuite {
  @Suite("starts and stops plugins", .serialized)
  struct StartAndStop {
    private let up = ["pre_init", "init", "post_init"]

    @Test(
      "in an order that dependencies and then ids decide, and back in its exact reverse (promise 3)"
    )
    func order() throws {
      let fixture = try HostFixture([
        ProbePlugin("zeta"), ProbePlugin("alpha", requires: ["mid"]),
        ProbePlugin("mid", requires: ["zeta"]),
        ProbePlugin("beta"),
      ])
      let order = ["beta", "zeta", "mid", "alpha"]
      #expect(fixture.trace == up.flatMap { phase in order.map { "\($0) \(phase)" } })
      fixture.clearTrace()
      try fixture.end()
      let back = Array(order.reversed())
      #expect(
        fixture.trace
          == ["pre_cleanup", "cleanup"].flatMap { phase in back.map { "\($0) \(phase)" } })
    }

    @Test(
      "with system.pre_startup between pre_init and init, and system.post_shutdown between pre_cleanup and cleanup"
    )
    func systemEvents() throws {
      let watching = ProbePlugin("watching")
        .declaring(
          """
          static int32_t on(void *c, const dvt_event *e, const dvt_error_sink *s) {
            char text[300]; snprintf(text, sizeof text, "saw %.*s", (int)e->type.len, (const char *)e->type.ptr);
            trace(text); return DVT_OK;
          }
          """
        )
        .doing("pre_init", "return subscribe(\"system.>\", \"all\", on, DVT_DELIVERY_SYNC);")
      let fixture = try HostFixture([watching, ProbePlugin("other")])
      #expect(
        fixture.trace == [
          "other pre_init", "watching pre_init", "watching saw system.pre_startup", "other init",
          "watching init",
          "other post_init", "watching post_init", "watching saw system.startup",
        ])
      fixture.clearTrace()
      try fixture.end()
      #expect(
        fixture.trace == [
          "watching saw system.shutdown", "watching pre_cleanup", "other pre_cleanup",
          "watching saw system.post_shutdown", "watching cleanup", "other cleanup",
        ])
    }

    @Test(
      "unwinding a plugin that fails by exactly the phases it completed, and blocking those that need it (promise 4)",
      arguments: [
        ("pre_init", [String]()), ("init", ["pre_init"]), ("post_init", ["pre_init", "init"]),
      ])
    func failure(phase: String, completed: [String]) throws {
      let fixture = try HostFixture([
        ProbePlugin("bad").doing(phase, "return fail(error, \"no disk\");"),
        ProbePlugin("child", requires: ["bad"]), ProbePlugin("grandchild", requires: ["child"]),
        ProbePlugin("other"),
      ])
      #expect(
        fixture.trace(of: "bad") == completed + [phase] + (phase == "post_init" ? ["cleanup"] : []))
      #expect(fixture.trace(of: "other") == up)
      #expect(fixture.state("other") == "active")
      #expect(fixture.state("bad") == "failed")
      #expect(
        fixture.host.table["bad"]?.state
          == .failed(phase: LifecyclePhase(rawValue: phase) ?? .load, error: "no disk"))
      #expect(
        try fixture.host.why("grandchild").chain == [
          "grandchild needs child, which needs bad, which failed in \(phase): no disk"
        ])
      let unwound = completed + (phase == "pre_init" ? [] : ["cleanup"])
      #expect(fixture.trace(of: "child").allSatisfy { (unwound + ["cleanup"]).contains($0) })
      #expect(try fixture.host.hostReport().degraded == ["bad is failed"])
    }

    @Test("cleaning up what pre_init made when init is never tried")
    func preparedOnly() throws {
      let fixture = try HostFixture([
        ProbePlugin("bad").doing("init", "return fail(error, \"no disk\");"),
        ProbePlugin("child", requires: ["bad"]),
      ])
      #expect(fixture.trace(of: "child") == ["pre_init", "cleanup"])
      #expect(fixture.trace(of: "bad") == ["pre_init", "init"])
    }

    @Test("keeping a plugin blocked when what it needs failed at an earlier start")
    func laterDependent() throws {
      let fixture = try HostFixture([
        ProbePlugin("bad").doing("init", "return fail(error, \"no disk\");")
      ])
      try fixture.put(ProbePlugin("late", requires: ["bad"]))
      #expect(throws: OperationError.self) { try fixture.host.load("late", deadline: .soon) }
      #expect(fixture.trace(of: "late").isEmpty)
      #expect(
        try fixture.host.why("late").chain == ["late needs bad, which failed in init: no disk"])
    }

    @Test(
      "putting a build that crashes in a phase into quarantine, with its thread parked",
      arguments: ["pre_init", "init", "post_init"])
    func crash(phase: String) throws {
      let fixture = try HostFixture([
        ProbePlugin("bad").doing(phase, "__builtin_trap();"),
        ProbePlugin("child", requires: ["bad"]),
        ProbePlugin("other"),
      ])
      #expect(fixture.state("bad") == "quarantined")
      #expect(fixture.state("child") == "blocked")
      #expect(fixture.state("other") == "active")
      #expect(try fixture.host.quarantineList().map(\.cause) == ["SIGILL in \(phase)"])
      #expect(!fixture.trace(of: "bad").contains("cleanup"))
      #expect(fixture.host.table["bad"]?.retiredImages == 1)
    }

    @Test(
      "abandoning a call that hangs: the image stays mapped and the host goes on",
      arguments: ["init", "post_init"])
    func hang(phase: String) throws {
      let fixture = try HostFixture([
        ProbePlugin("bad").doing(phase, "for (;;) pause();"), ProbePlugin("other"),
      ]) { $0.lifecycleDeadline = 300 }
      #expect(
        fixture.host.table["bad"]?.state
          == .failed(
            phase: LifecyclePhase(rawValue: phase) ?? .load, error: "has not returned within 300 ms"
          ))
      #expect(fixture.host.table["bad"]?.retiredImages == 1)
      #expect(fixture.state("other") == "active")
      try fixture.end()
    }

    @Test("telling of each step by events that 'dovetail events' shows")
    func events() throws {
      let fixture = try HostFixture([ProbePlugin("a")]) { $0.health.interval = 0 }
      _ = try fixture.host.unload("a", deadline: .soon)
      #expect(
        fixture.events == [
          "plugin.discovered a", "plugin.loaded a", "system.pre_startup", "plugin.active a",
          "system.startup",
          "plugin.unloaded a",
        ])
    }
  }
}
