import CDovetail
import Glibc
import HostSupport
import MetadataStore
import TestSupport
import Testing

@testable import PluginHost

extension HostSuite {
  @Suite("does what operators ask", .serialized)
  struct Operations {
    private func message(_ body: () throws -> Any) -> String {
      do { return "no error: \(try body())" } catch {
        return (error as? OperationError)?.message ?? "\(error)"
      }
    }

    @Test("refusing to unload what others need, with their names")
    func unloadNeeded() throws {
      let fixture = try HostFixture([
        ProbePlugin("base"), ProbePlugin("mid", requires: ["base"]),
        ProbePlugin("top", requires: ["mid"]),
      ])
      #expect(
        message { try fixture.host.unload("base", deadline: .soon) } == "base is needed by mid, top"
      )
      for id in ["top", "mid", "base"] { _ = try fixture.host.unload(id, deadline: .soon) }
      #expect(["base", "mid", "top"].map(fixture.state) == ["unmapped", "unmapped", "unmapped"])
      _ = try fixture.host.load("base", deadline: .soon)
      #expect(["base", "mid"].map(fixture.state) == ["active", "unmapped"])
    }

    @Test("loading a file from anywhere, and reloading it from there")
    func loadPath() throws {
      let fixture = try HostFixture([ProbePlugin("inside")])
      let path = try fixture.put(ProbePlugin("guest", requires: ["inside"]), in: "elsewhere")
      _ = try fixture.host.load(path, deadline: .soon)
      #expect(fixture.state("guest") == "active")
      try fixture.put(ProbePlugin("guest", version: "2.0.0"), in: "elsewhere")
      _ = try fixture.host.reload("guest", dryRun: false, deadline: .soon)
      #expect(try fixture.host.info("guest").version == "2.0.0")
      #expect(
        message { try fixture.host.load(path, deadline: .soon) }.hasPrefix(
          "guest is active already"))
    }

    @Test("printing what a reload would do without doing it")
    func dryRun() throws {
      let fixture = try HostFixture([ProbePlugin("a")])
      try fixture.put(ProbePlugin("a", version: "2.0.0"))
      fixture.clearTrace()
      let report = try fixture.host.reload("a", dryRun: true, deadline: .soon)
      #expect(
        report.plan?.steps.map { "\($0.plugin) \($0.fromVersion ?? "") \($0.toVersion ?? "")" } == [
          "a 1.0.0 2.0.0"
        ])
      #expect(fixture.trace.isEmpty)
    }

    @Test("leaving disabled plugins alone, and following a configuration that is read anew")
    func disabled() throws {
      let fixture = try HostFixture([
        ProbePlugin("a"), ProbePlugin("b"), ProbePlugin("c", requires: ["b"]),
      ]) {
        $0.disabled = ["a"]
      }
      #expect(fixture.state("a") == "blocked")
      try fixture.reconfigure { $0.disabled = ["b"] }
      #expect(["a", "b", "c"].map { fixture.host.table[$0]?.isActive } == [true, false, false])
      try fixture.reconfigure { $0.disabled = [] }
      #expect(["a", "b", "c"].map { fixture.host.table[$0]?.isActive } == [true, true, true])
    }

    @Test("telling which changed keys of the configuration wait for the next start")
    func startKeys() throws {
      let fixture = try HostFixture()
      try fixture.reconfigure {
        $0.crash = .off
        $0.metadata.path = "/elsewhere"
        $0.retiredBudget.bytes += 1
        $0.gateDeadline += 1
        $0.lifecycleDeadline += 1
      }
      #expect(
        fixture.log.contains {
          $0.hasSuffix(
            "gateDeadline, crash, retiredBudget.bytes, metadata.path changed: takes effect at the"
              + " next start")
        }, "\(fixture.log)")
      #expect(fixture.host.configuration.gateDeadline == HostConfiguration().gateDeadline)
      #expect(fixture.host.configuration.lifecycleDeadline == 5_001)
    }

    @Test("never giving a number or a generation twice, also when a file was gone for a while")
    func numbers() throws {
      let fixture = try HostFixture([ProbePlugin("a"), ProbePlugin("b")])
      let before = fixture.host.table["a"]?.number
      fixture.host.table.forget("a")
      _ = fixture.host.table.meet(
        "c", path: "/c", manifest: try Manifest(parsing: Array(ProbePlugin("c").manifestText.utf8)))
      #expect(fixture.host.table["c"]?.number == 3)
      let again = fixture.host.table.meet(
        "a", path: "/a", manifest: try Manifest(parsing: Array(ProbePlugin("a").manifestText.utf8)))
      #expect(again.number == before && again.generations == 1)
    }

    @Test("not counting a generation that was never mapped")
    func unmappedGenerations() throws {
      let sound = ProbePlugin("fickle")
      let fixture = try HostFixture([sound])
      _ = try fixture.host.unload("fickle", deadline: .soon)
      try fixture.put(
        sound.declaring("extern int nowhere(void);").doing("cleanup", "return nowhere();"))
      for _ in 0..<3 {
        #expect(throws: OperationError.self) { try fixture.host.load("fickle", deadline: .soon) }
        #expect(try fixture.host.info("fickle").generation == 1)
      }
      try fixture.put(sound)
      _ = try fixture.host.load("fickle", deadline: .soon)
      #expect(try fixture.host.info("fickle").generation == 2)
      #expect(fixture.host.table["fickle"]?.current?.number == 2)
    }

    @Test("saying that an image stays mapped, also after a later start that never mapped one")
    func stillMapped() throws {
      let fixture = try HostFixture([
        ProbePlugin("base"),
        ProbePlugin("top", requires: ["base"]).with("\"unload\": \"keep\""),
      ])
      for id in ["top", "base"] { _ = try fixture.host.unload(id, deadline: .soon) }
      let before = try fixture.host.info("top")
      #expect(before.unload?.outcome == .retired)
      #expect(throws: OperationError.self) { try fixture.host.load("top", deadline: .soon) }
      let after = try fixture.host.info("top")
      #expect(after.unload == before.unload)
      #expect(after.bytesHeld == before.bytesHeld && after.bytesHeld > 0)
      #expect(after.retiredGenerations == 1)
    }

    @Test("naming the code of a failure that has no message")
    func codes() throws {
      let fixture = try HostFixture([
        ProbePlugin("mute").doing("init", "return DVT_INVALID;"),
        ProbePlugin("odd").doing("init", "return 77;"),
      ])
      #expect(
        try fixture.host.info("mute").detail
          == "init: failed with code DVT_INVALID (2) and no message")
      #expect(try fixture.host.info("odd").detail == "init: failed with code 77 and no message")
    }

    @Test("keeping the figures of a build that was taken out of service")
    func lastFigures() throws {
      let fixture = try HostFixture([
        ProbePlugin("worker").declaring(
          """
          static int32_t handle(void *c, const dvt_event *e, const dvt_error_sink *error) {
            (void)c;
            if (e->data.len == 3) __builtin_trap();
            return e->data.len == 1 ? DVT_FAILED : DVT_OK;
          }
          """
        ).doing("init", "subscribe(\"work.item\", \"work\", handle, DVT_DELIVERY_SYNC);")
      ])
      for text in ["a", "bb", "ccc"] { try? fixture.publish("work.item", text) }
      #expect(fixture.wait { fixture.state("worker") == "quarantined" })
      let report = try fixture.host.info("worker")
      #expect(report.failed == 2)
      #expect(report.delivered == 2)
      #expect(report.uptimeSeconds == nil)
    }

    @Test("proposing the service that was meant when a call names none")
    func nearestService() throws {
      let fixture = try HostFixture([
        ProbePlugin("greeter").declaring(
          """
          static int32_t greet(void *c, const dvt_request *r, const dvt_sink *to, const dvt_error_sink *error) {
            (void)c; (void)r; (void)error;
            return reply(to, "hello");
          }
          """
        ).with("\"provides\": {\"services\": [\"greeter.greet\"]}")
          .doing("init", "provide(\"greeter.greet\", greet);")
      ])
      #expect(try fixture.call("greeter.greet") == "hello")
      #expect(
        message { try fixture.call("greeter.geret") }
          == "nobody offers the service 'greeter.geret'; 'dovetail list' shows which plugins are"
          + " active (did you mean \"greeter.greet\"?)")
    }

    @Test("refusing to publish a pattern, with the next step")
    func publishPattern() throws {
      let fixture = try HostFixture()
      let error = #expect(throws: OperationError.self) { try fixture.publish("foo.*") }
      #expect(
        error?.advice
          == "an event has one topic, such as 'demo.greeting'; patterns are for 'dovetail events'")
    }

    @Test(
      "running plugins of the executable's own beside the folder's",
      arguments: [HostConfiguration.Mode.builtin, .both])
    func builtin(mode: HostConfiguration.Mode) throws {
      let fixture = try HostFixture([ProbePlugin("file")], builtins: [try Builtin.plugin()]) {
        $0.mode = mode
      }
      #expect(fixture.state("inner") == "active")
      #expect(fixture.state("file") == (mode == .both ? "active" : "unknown"))
      #expect(try fixture.host.info("inner").path == "builtin")
      _ = try fixture.host.unload("inner", deadline: .soon)
      #expect(fixture.state("inner") == "unmapped")
      _ = try fixture.host.load("inner", deadline: .soon)
      #expect(fixture.state("inner") == "active")
    }

    @Test("loading an image without constructors at once, though others are tried first")
    func probesOnlyConstructors() throws {
      // The executable of this process is no host: whatever were tried would fail.
      let fixture = try HostFixture([ProbePlugin("plain")]) { $0.loadProbe = true }
      #expect(fixture.state("plain") == "active")
    }

    @Test("telling once more images stay mapped than the configuration allows")
    func retiredBudget() throws {
      let keep = ProbePlugin("kept").with("\"unload\": \"keep\"")
      let fixture = try HostFixture([keep]) { $0.retiredBudget.images = 2 }
      _ = try fixture.host.unload("kept", deadline: .soon)
      #expect(try fixture.host.hostReport().retiredWarning == nil)
      _ = try fixture.host.load("kept", deadline: .soon)
      _ = try fixture.host.unload("kept", deadline: .soon)
      #expect(try fixture.host.hostReport().retiredWarning?.hasPrefix("2 retired images") == true)
      #expect(fixture.events.contains("system.retired_budget kept"))
    }

    @Test("telling at shutdown that the last changes could not be written")
    func lastFlush() throws {
      let fixture = try HostFixture { $0.metadata.provider = .file }
      let journal = fixture.directory.file("state/store/journal")
      unsafe #expect(rmdir(journal) == 0 || errno == ENOENT)
      try TestFile.write(journal)
      _ = try fixture.host.core.metadata.put(
        MetadataWrite(collection: "c", key: "k", value: .int(1), durability: .memory))
      let refusal = message { try fixture.end() }
      #expect(refusal.hasPrefix("the last changes of the metadata store could not be written: "))
      #expect(fixture.log.contains { $0.contains("the last changes of the metadata store") })
    }

    @Test("refusing to load or unload while a constructor does not come back, naming it")
    func stuckLoader() throws {
      let fixture = try HostFixture([
        ProbePlugin("a"),
        ProbePlugin("stuck").declaring(
          """
          #include <sys/stat.h>
          __attribute__((constructor)) static void wait_for_file(void) {
            struct stat s; while (stat(TRACE ".go", &s)) usleep(2000);
          }
          """),
        ProbePlugin("z"),
      ]) { $0.lifecycleDeadline = 300 }
      #expect(fixture.state("stuck") == "failed")
      #expect(fixture.state("a") == "active")
      #expect(fixture.host.table["z"]?.lastError?.contains("stuck") == true)
      let refusal = message { try fixture.host.unload("a", deadline: .soon) }
      #expect(refusal.hasPrefix("the loader is stuck: loading stuck ("), "\(refusal)")
      #expect(
        try fixture.host.hostReport().degraded.contains {
          $0.hasPrefix("loader-stuck: loading stuck")
        })
      #expect(fixture.host.isLoaderStuck)
      try TestFile.write(fixture.directory.file("trace.go"))
      #expect(fixture.wait { !fixture.host.isLoaderStuck })
      #expect(!fixture.trace(of: "stuck").contains("pre_init"))
      _ = try fixture.host.unload("a", deadline: .soon)
    }
  }
}

/// A plugin that is linked into the test.
private enum Builtin {
  static func plugin() throws -> BuiltinPlugin {
    unsafe try BuiltinPlugin(manifest: ProbePlugin("inner").manifestText) { _ in
      unsafe UnsafePointer(innerTable)
    }
  }
}

nonisolated(unsafe) private let innerTable: UnsafeMutablePointer<dvt_plugin> = {
  let table = UnsafeMutablePointer<dvt_plugin>.allocate(capacity: 1)
  var plugin = dvt_plugin()
  plugin.struct_size = UInt32(MemoryLayout<dvt_plugin>.size)
  plugin.abi_major = UInt16(DVT_ABI_MAJOR)
  unsafe plugin.`init` = { _, _, _ in DVT_OK }
  unsafe plugin.cleanup = { _, _ in DVT_OK }
  unsafe table.initialize(to: plugin)
  return unsafe table
}()
