import EventBus
import HostSupport
import MetadataStore
import TestSupport
import Testing

@testable import PluginHost

extension HostSuite {
  @Suite("replaces running builds", .serialized)
  struct Reload {
    /// A counter of events: its state is the count; `counter.ask` answers `VERSION COUNT`.
    static func counter(
      _ version: String, state: Int = 1, accepts: String = "[1]", reload: String = "live"
    ) -> ProbePlugin {
      ProbePlugin("counter", version: version)
        .with("\"reload\": \"\(reload)\"")
        .with("\"state\": {\"schema\": \"count\", \"version\": \(state), \"accepts\": \(accepts)}")
        .declaring(
          """
          static int count;
          static int32_t on(void *c, const dvt_event *e, const dvt_error_sink *s) {
            count++;
            if (e->flags & DVT_EVENT_REDELIVERED) trace("redelivered");
            if (e->data.len && e->data.ptr[0] == 'c' && VERSION[0] == '2') __builtin_trap();
            if (e->data.len && e->data.ptr[0] == 'f' && VERSION[0] == '2') return fail(s, "no");
            return DVT_OK;
          }
          static int32_t ask(void *c, const dvt_request *r, const dvt_sink *to, const dvt_error_sink *s) {
            char text[40]; snprintf(text, sizeof text, "%c %d", VERSION[0], count); return reply(to, text);
          }
          """
        )
        .doing(
          "init",
          "subscribe(\"n.*\", \"in\", on, DVT_DELIVERY_SYNC); provide(\"counter.ask\", ask);"
        )
        .doing(
          "save_state", "char t[20]; snprintf(t, sizeof t, \"%d\", count); return reply(out, t);"
        )
        .doing(
          "restore_state",
          "count = 0; for (uint64_t i = 0; i < state->data.len; i++) count = count * 10 + state->data.ptr[i] - '0';"
        )
    }

    private func counted(
      _ plugin: ProbePlugin, events: Int = 3,
      configure: (inout HostConfiguration) -> Void = { _ in }
    ) throws -> HostFixture {
      let fixture = try HostFixture([plugin], configure: configure)
      for _ in 0..<events { try fixture.publish("n.x") }
      fixture.clearTrace()
      return fixture
    }

    @Test(
      "handing over state and routing, then cleaning the old one up",
      arguments: ["live", "handoff"])
    func live(mode: String) throws {
      let fixture = try counted(Self.counter("1.0.0", reload: mode))
      let report = try fixture.replace(Self.counter("2.0.0", reload: mode))
      #expect(report.changes.map(\.action) == ["reloaded"])
      #expect(try fixture.call("counter.ask") == "2 3")
      try fixture.publish("n.x")
      #expect(try fixture.call("counter.ask") == "2 4")
      let order =
        mode == "live"
        ? ["pre_init", "quiesce", "save_state", "init", "restore_state", "post_init", "cleanup"]
        : ["pre_init", "quiesce", "save_state", "cleanup", "init", "restore_state", "post_init"]
      #expect(fixture.trace(of: "counter") == order)
      #expect(fixture.host.table["counter"]?.unmappedImages == 1)
    }

    @Test(
      "leaving the old build serving with its state when any step fails (promise 7)",
      arguments: [
        ("pre_init", "live"), ("init", "live"), ("restore_state", "live"), ("post_init", "live"),
        ("pre_init", "handoff"), ("init", "handoff"), ("restore_state", "handoff"),
        ("post_init", "handoff"),
      ])
    func failure(phase: String, mode: String) throws {
      let fixture = try counted(Self.counter("1.0.0", reload: mode))
      let bad = Self.counter("2.0.0", reload: mode).doing(phase, "return fail(error, \"no disk\");")
      do {
        try fixture.replace(bad)
        Issue.record("the reload succeeded")
      } catch let error as OperationError {
        #expect(
          error.message
            == "the reload of counter was given up in \(phase) of counter 2.0.0: no disk; "
            + "generation 1 (1.0.0) goes on")
      }
      #expect(try fixture.call("counter.ask") == "1 3")
      try fixture.publish("n.x")
      #expect(try fixture.call("counter.ask") == "1 4")
      #expect(fixture.state("counter") == "active")
      #expect(try fixture.host.info("counter").lastError?.contains("no disk") == true)
      #expect(try fixture.host.why("counter").chain.last?.contains("no disk") == true)
      #expect(try fixture.host.info("counter").version == "1.0.0")
      try fixture.replace(Self.counter("3.0.0", reload: mode))
      #expect(try fixture.call("counter.ask") == "3 4")
    }

    @Test(
      "leaving the old build serving when it will not rest or cannot save",
      arguments: ["quiesce", "save_state"])
    func oldRefuses(phase: String) throws {
      let fixture = try counted(
        Self.counter("1.0.0").instead(phase, "return fail(error, \"busy\");"))
      #expect(throws: OperationError.self) { try fixture.replace(Self.counter("2.0.0")) }
      try fixture.publish("n.x")
      #expect(try fixture.call("counter.ask") == "1 4")
      #expect(fixture.trace(of: "counter").suffix(2).contains("resume"))
    }

    @Test("putting a build that crashes in init into quarantine, the old one serving")
    func crashInInit() throws {
      let fixture = try counted(Self.counter("1.0.0"))
      #expect(throws: OperationError.self) {
        try fixture.replace(Self.counter("2.0.0").doing("init", "__builtin_trap();"))
      }
      #expect(try fixture.call("counter.ask") == "1 3")
      #expect(try fixture.host.quarantineList().map(\.version) == ["2.0.0"])
      do {
        _ = try fixture.host.reload("counter", dryRun: false, deadline: .soon)
        Issue.record("the quarantined build was taken")
      } catch {
        #expect(error.message == "the build of counter in its file is quarantined: SIGILL in init")
      }
    }

    @Test("refusing state that the manifest does not accept before anything is touched")
    func stateVersion() throws {
      let fixture = try counted(Self.counter("1.0.0"))
      do {
        try fixture.replace(Self.counter("2.0.0", state: 2, accepts: "[2]"))
        Issue.record("the reload succeeded")
      } catch let error as OperationError {
        #expect(error.code == .blocked)
        #expect(
          error.message
            == "counter 2.0.0 does not accept the state of 1.0.0: schema count version 1; generation 1 goes on"
        )
      }
      #expect(fixture.trace.isEmpty)
      #expect(try fixture.call("counter.ask") == "1 3")
      try fixture.replace(Self.counter("2.0.0", state: 2, accepts: "[1, 2]"))
      #expect(try fixture.call("counter.ask") == "2 3")
    }

    @Test("restarting dependents where the manifest says so, and bringing all back when one fails")
    func restartDependents() throws {
      let base = Self.counter("1.0.0", reload: "restart-dependents")
      let fixture = try HostFixture([
        base, ProbePlugin("user", requires: ["counter"]), ProbePlugin("last", requires: ["user"]),
      ])
      try fixture.publish("n.x")
      fixture.clearTrace()
      let report = try fixture.replace(Self.counter("2.0.0", reload: "restart-dependents"))
      #expect(
        report.changes.map { "\($0.plugin) \($0.action)" } == [
          "counter reloaded", "user restarted", "last restarted",
        ])
      #expect(
        fixture.trace == [
          "counter pre_init", "last quiesce", "user quiesce", "counter quiesce",
          "counter save_state", "last cleanup",
          "user cleanup", "counter init", "counter restore_state", "counter post_init",
          "user pre_init", "user init",
          "user post_init", "last pre_init", "last init", "last post_init", "counter cleanup",
        ])
      #expect(try fixture.call("counter.ask") == "2 1")
      let bad = Self.counter("3.0.0", reload: "restart-dependents").doing(
        "post_init", "return fail(error, \"no\");")
      #expect(throws: OperationError.self) { try fixture.replace(bad) }
      #expect(["counter", "user", "last"].map(fixture.state) == ["active", "active", "active"])
      #expect(try fixture.call("counter.ask") == "2 1")
      _ = try fixture.host.unload(
        "counter", deadline: .soon, dependents: ["user", "last"], in: fixture)
    }

    @Test(
      "on probation: a crash goes back to the old build with its state, and what came since is delivered again"
    )
    func probationCrash() throws {
      let fixture = try counted(Self.counter("1.0.0")) { $0.probation.seconds = 60 }
      try fixture.replace(Self.counter("2.0.0"))
      try fixture.publish("n.x")
      #expect(try fixture.call("counter.ask") == "2 4")
      try fixture.publish("n.x", "crash")
      #expect(fixture.wait { (try? fixture.call("counter.ask")) == "1 5" })
      #expect(fixture.trace(of: "counter").filter { $0 == "redelivered" }.count == 2)
      #expect(
        fixture.wait { fixture.host.table["counter"]?.manifest.version.description == "1.0.0" })
      #expect(try fixture.host.quarantineList().map(\.version) == ["2.0.0"])
    }

    @Test("on probation: an operator's rollback returns to the old build with its state")
    func probationRollback() throws {
      let fixture = try counted(Self.counter("1.0.0")) { $0.probation.seconds = 60 }
      try fixture.replace(Self.counter("2.0.0"))
      try fixture.publish("n.x")
      let report = try fixture.host.rollback("counter", deadline: .soon)
      #expect(report.changes.map(\.action) == ["rolled back"])
      #expect(try fixture.call("counter.ask") == "1 4")
      #expect(fixture.trace(of: "counter").contains("resume"))
    }

    @Test(
      "on probation: bad health and more failures than before go back",
      arguments: ["health", "failures"])
    func probationHealth(cause: String) throws {
      let fixture = try counted(Self.counter("1.0.0")) { $0.probation.seconds = 60 }
      let new = Self.counter("2.0.0")
      try fixture.replace(
        cause == "health" ? new.doing("health", "return fail(error, \"too hot\");") : new)
      if cause == "failures" { for _ in 0..<3 { try fixture.publish("n.x", "f") } }
      #expect(fixture.wait { fixture.host.table["counter"]?.probation == nil })
      let answer = cause == "health" ? "1 3" : "1 6"
      #expect(fixture.wait { (try? fixture.call("counter.ask")) == answer })
      #expect(
        fixture.wait {
          fixture.state("counter") == "active"
            && fixture.host.table["counter"]?.current?.number == 1
        })
      let error = try fixture.host.info("counter").lastError ?? ""
      #expect(
        error.contains(cause == "health" ? "its health is bad: too hot" : "3 of its calls failed"))
    }

    @Test(
      "ending probation by time, by calls, by a full log and by the next reload",
      arguments: ["time", "calls", "log", "reload"])
    func probationEnds(by cause: String) throws {
      let fixture = try counted(Self.counter("1.0.0")) { configuration in
        configuration.probation.seconds = cause == "time" ? 1 : 60
        configuration.probation.calls = cause == "calls" ? 2 : 0
        configuration.probation.bytes = cause == "log" ? 2_000 : 64 << 20
      }
      try fixture.replace(Self.counter("2.0.0"))
      #expect(try fixture.host.info("counter").detail == "on probation")
      if cause == "calls" || cause == "log" { for _ in 0..<20 { try fixture.publish("n.x") } }
      if cause == "reload" { try fixture.replace(Self.counter("3.0.0")) }
      #expect(fixture.wait { fixture.trace(of: "counter").contains("cleanup") })
      if cause != "reload" {
        #expect(fixture.wait { fixture.host.table["counter"]?.probation == nil })
      }
      #expect(try fixture.call("counter.ask").hasPrefix(cause == "reload" ? "3" : "2"))
    }

    @Test(
      "rolling back after probation from the kept copy, and following the folder's file again afterwards"
    )
    func rollbackFromCopy() throws {
      let fixture = try counted(Self.counter("1.0.0"))
      try fixture.replace(Self.counter("2.0.0"))
      _ = try fixture.host.rollback("counter", deadline: .soon)
      #expect(try fixture.call("counter.ask") == "1 3")
      try fixture.replace(Self.counter("4.0.0"))
      #expect(try fixture.call("counter.ask") == "4 3")
    }

    @Test("rolling back one step, and never forth again", arguments: [0, 60])
    func rollbackTwice(probationSeconds: Int) throws {
      let fixture = try counted(Self.counter("1.0.0")) { $0.probation.seconds = probationSeconds }
      try fixture.replace(Self.counter("2.0.0"))
      #expect(try fixture.host.info("counter").canRollBack)
      _ = try fixture.host.rollback("counter", deadline: .soon)
      #expect(try fixture.host.info("counter").canRollBack == false)
      let generation = try fixture.host.info("counter").generation
      #expect(throws: OperationError.self) {
        try fixture.host.rollback("counter", deadline: .soon)
      }
      #expect(try fixture.call("counter.ask") == "1 3")
      #expect(try fixture.host.info("counter").generation == generation)
      _ = try fixture.host.reload("counter", dryRun: false, deadline: .soon)
      #expect(try fixture.call("counter.ask") == "2 3")
      _ = try fixture.host.rollback("counter", deadline: .soon)
      #expect(try fixture.call("counter.ask") == "1 3")
    }

    @Test("serving again before the build that failed is cleaned up")
    func servesBeforeCleanup() throws {
      let fixture = try counted(Self.counter("1.0.0"))
      try fixture.put(
        Self.counter("2.0.0").declaring("#include <sys/stat.h>")
          .instead("restore_state", "return DVT_FAILED;")
          .doing(
            "cleanup",
            """
            struct stat s;
            trace("cleaning");
            for (int i = 0; i < 15000 && stat(TRACE ".go", &s); i++) usleep(1000);
            """))
      let reload = try Thread(name: "reload") { [host = fixture.host] in
        _ = try? host.reload("counter", dryRun: false, deadline: .soon)
      }
      #expect(fixture.wait { fixture.trace(of: "counter").contains("cleaning") })
      #expect(try fixture.call("counter.ask", milliseconds: 3_000) == "1 3")
      try fixture.publish("n.x")
      #expect(try fixture.call("counter.ask", milliseconds: 3_000) == "1 4")
      try TestFile.write(fixture.directory.file("trace.go"))
      reload.join()
    }

    @Test("passing watches over in the middle of a transaction, losing and repeating no change")
    func watchesWithinTransaction() throws {
      func watcher(_ version: String) -> ProbePlugin {
        ProbePlugin.meddling("watcher", version: version)
          .declaring(
            """
            static int32_t on(void *c, const dvt_record *r) {
              char text[60]; snprintf(text, sizeof text, "saw %.*s %c", (int)r->key.len, (const char *)r->key.ptr, VERSION[0]);
              trace(text);
              if (r->key.ptr[0] == 'b' && VERSION[0] == '1') at("b");
              return DVT_OK;
            }
            """
          )
          .doing(
            "init",
            """
            dvt_watch o = {HEADER(dvt_watch), .name = S("w"), .collection = S("watcher"), .prefix = S("")}; dvt_handle h;
            return FACE(DVT_METADATA_INTERFACE, dvt_metadata)->watch(host, &o, on, 0, &h, &errors);
            """)
      }
      let fixture = try HostFixture([watcher("1.0.0")])
      let host = fixture.host
      let writes = ["a", "b", "c"].map {
        MetadataWrite(collection: "watcher", key: $0, value: .int(1))
      }
      _ = try host.core.metadata.transaction(writes)
      #expect(fixture.wait { FileStatus.exists(fixture.directory.file("trace.in.b")) })
      let watch = host.table["watcher"]?.current?.instance.watches.first { $0.name == "w" }
      try fixture.put(watcher("2.0.0"))
      let reload = try Thread(name: "reload") {
        _ = try? host.reload("watcher", dryRun: false, deadline: .soon)
      }
      #expect(fixture.wait { watch?.callable?.isLive == false })
      try TestFile.write(fixture.directory.file("trace.go.b"))
      reload.join()
      let seen = {
        fixture.trace(of: "watcher").filter { $0.hasPrefix("saw") && $0.utf8.count == 7 }
      }
      #expect(fixture.wait { seen().count >= 3 })
      #expect(seen() == ["saw a 1", "saw b 1", "saw c 2"])
    }

    @Test("passing watches over by name, without losing a change")
    func watches() throws {
      let fixture = try HostFixture([PluginCalls.watcher("1.0.0")])
      _ = try fixture.host.metaPut(collection: "watched", key: "a", value: .int(1), version: nil)
      #expect(fixture.wait { fixture.trace(of: "watcher").contains("saw a 1") })
      let slow = PluginCalls.watcher("2.0.0").doing("post_init", "trace(\"here\"); usleep(200000);")
      try fixture.put(slow)
      let writer = try Thread(name: "writer") {
        [host = fixture.host, directory = fixture.directory] in
        let deadline = Deadline.soon
        while !deadline.hasPassed,
          !HostFixture.lines(of: directory.file("trace")).contains("watcher here")
        {}
        _ = try? host.metaPut(collection: "watched", key: "b", value: .int(2), version: nil)
      }
      _ = try fixture.host.reload("watcher", dryRun: false, deadline: .soon)
      writer.join()
      #expect(fixture.wait { fixture.trace(of: "watcher").contains { $0.hasPrefix("saw b") } })
      #expect(
        fixture.trace(of: "watcher").filter { $0.hasPrefix("saw") } == ["saw a 1", "saw b 2"])
    }

    @Test("holding what a new build publishes until it is committed, and dropping it when it fails")
    func heldPublishes() throws {
      let sink = ProbePlugin("sink")
        .declaring(
          """
          static int32_t on(void *c, const dvt_event *e, const dvt_error_sink *s) {
            char text[200]; snprintf(text, sizeof text, "got %.*s", (int)e->data.len, (const char *)e->data.ptr);
            trace(text); return DVT_OK;
          }
          """
        )
        .doing("init", "return subscribe(\"talker.>\", \"\", on, DVT_DELIVERY_SYNC);")
      func talker(_ version: String) -> ProbePlugin {
        ProbePlugin("talker", version: version).doing(
          "init", "publish(\"talker.x\", VERSION); told(\"call\", call(\"none\", \"x\", 0));")
      }
      let fixture = try HostFixture([sink, talker("1.0.0")])
      #expect(throws: OperationError.self) {
        try fixture.replace(talker("2.0.0").doing("post_init", "return fail(error, \"no\");"))
      }
      fixture.clearTrace()
      try fixture.replace(talker("3.0.0").doing("post_init", "trace(\"ready\");"))
      let trace = fixture.trace.filter { !$0.hasSuffix("_init") || $0.contains("call") }
        .filter { !["talker init", "talker quiesce"].contains($0) }
      #expect(
        trace == [
          "talker call 14 talker (generation 3) is being started by a reload that has not committed; do this after post_init",
          "talker ready", "sink got 3.0.0", "talker cleanup",
        ])
    }

    @Test("sending what waits for a subscription without successor to dead.*")
    func orphans() throws {
      let sink = ProbePlugin("sink")
        .declaring(
          """
          static int32_t on(void *c, const dvt_event *e, const dvt_error_sink *s) {
            char text[300];
            for (uint64_t i = 0; i < e->extension_count; i++) {
              snprintf(text, sizeof text, "%.*s=%.*s", (int)e->extensions[i].name.len, (const char *)e->extensions[i].name.ptr,
                (int)e->extensions[i].value.len, (const char *)e->extensions[i].value.ptr);
              trace(text);
            }
            return DVT_OK;
          }
          """
        )
        .doing("init", "return subscribe(\"dead.>\", \"\", on, DVT_DELIVERY_SYNC);")
      let slow = ProbePlugin.meddling("slow")
        .declaring(
          "static int32_t on(void *c, const dvt_event *e, const dvt_error_sink *s) { at(\"busy\"); return DVT_OK; }"
        )
        .doing("init", "return subscribe(\"n.x\", \"in\", on, DVT_DELIVERY_ASYNC);")
      let fixture = try HostFixture([sink, slow])
      for _ in 0..<3 { try fixture.publish("n.x") }
      #expect(fixture.wait { FileStatus.exists(fixture.directory.file("trace.in.busy")) })
      let figures = fixture.host.table["slow"]?.current?.instance.figures
      try fixture.put(ProbePlugin.meddling("slow", version: "2.0.0"))
      let reload = try Thread(name: "reload") { [host = fixture.host] in
        _ = try? host.reload("slow", dryRun: false, deadline: .soon)
      }
      #expect(fixture.wait { figures?.isLive == false })
      try TestFile.write(fixture.directory.file("trace.go.busy"))
      reload.join()
      let letter = { (number: Int) in
        [
          "deadletter=\(number)", "deadtopic=n.x", "deadplugin=slow", "deadsubscription=in",
          "deadcause=unsubscribed", "deadattempts=0",
          "deaderror=the next generation has no subscription of that name",
        ]
      }
      #expect(
        fixture.trace(of: "sink").filter { $0.hasPrefix("dead") } == letter(1) + letter(2))
    }
  }
}

extension Host {
  /// Unloads a plugin, once refused with the names of those that need it, then after them.
  fileprivate func unload(
    _ id: String, deadline: Deadline, dependents: [String], in fixture: HostFixture
  ) throws -> OperationReport {
    #expect(throws: OperationError.self) { try unload(id, deadline: deadline) }
    for dependent in dependents.reversed() { _ = try unload(dependent, deadline: deadline) }
    return try unload(id, deadline: deadline)
  }
}
