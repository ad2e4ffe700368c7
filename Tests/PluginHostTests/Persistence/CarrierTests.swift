import CDovetail
import Glibc
import HostSupport
import MetadataStore
import TestSupport
import Testing

@testable import PluginHost

extension HostSuite {
  @Suite("lets a plugin carry its store", .serialized)
  struct Carrying {
    private static let writer = ProbePlugin("writer").declaring(
      """
      static int32_t put(const char *key) {
        dvt_write w = {HEADER(dvt_write), .collection = S("writer"), .key = S(key),
                       .value = {.kind = DVT_VALUE_INT, .integer = 1}, .durability = DVT_DURABILITY_DISK};
        return FACE(DVT_METADATA_INTERFACE, dvt_metadata)->put(host, &w, 0, 0, 0, &errors);
      }
      """
    ).doing("pre_init", #"told("early", put("early"));"#)
      .doing("init", #"told("init", put("init"));"#)
      .doing("pre_cleanup", #"told("late", put("late"));"#)

    @Test("which is open from init to pre_cleanup, and closed before its own cleanup")
    func order() throws {
      let site = try CarrierSite(.keeper)
      let trace = try site.run(.keeper, [Self.writer]) { fixture throws in
        #expect(try fixture.store.get("writer", "init") != nil)
        try fixture.end()
        #expect(!fixture.log.contains { $0.contains("cleaned up with its log open") })
        return fixture.trace(of: "writer")
      }
      let early = try #require(trace.first { $0.hasPrefix("early ") })
      #expect(
        early
          == "early \(DVT_UNAVAILABLE) the metadata store is carried by the provider 'keeper' of a "
          + "plugin and opens after pre_init of all plugins: use it from init on")
      #expect(trace.contains("init 0"))
      #expect(trace.contains("late 0"))
    }

    @Test("and refuses to unload, reload or lose it meanwhile, saying what to do")
    func refusals() throws {
      try CarrierSite(.keeper).run(.keeper) { fixture throws in
        let unloading = message { try fixture.host.unload("keeper", deadline: .soon) }
        #expect(
          unloading.hasPrefix(
            "ending keeper is refused: keeper carries the metadata store (provider 'keeper')"),
          "\(unloading)")
        let reloading = message {
          try fixture.host.reload("keeper", dryRun: false, deadline: .soon)
        }
        #expect(reloading.hasPrefix("replacing keeper is refused"), "\(reloading)")
        try fixture.reconfigure { $0.disabled = ["keeper"] }
        #expect(fixture.state("keeper") == "active")
        try fixture.put("k", .int(1))
      }
    }

    @Test("and goes on without a store where nobody offers the provider, naming it")
    func missing() throws {
      try CarrierSite().run(.keeper, [Self.writer]) { fixture throws in
        #expect(fixture.state("writer") == "active")
        let line = try #require(fixture.trace(of: "writer").first { $0.hasPrefix("init ") })
        #expect(
          line.hasPrefix(
            "init \(DVT_UNAVAILABLE) there is no metadata store: no plugin that runs offers the provider 'keeper'; "
              + "put its plugin into the plugin folder"), "\(line)")
        #expect(
          try fixture.host.hostReport().degraded.contains {
            $0.hasPrefix(
              "there is no metadata store: no plugin that runs offers the provider 'keeper'")
          })
        let refusal = message { try fixture.host.metaGet(collection: "c", key: "k") }
        #expect(refusal.hasPrefix("there is no metadata store: "), "\(refusal)")
      }
    }

    @Test("which opens as soon as a plugin that is loaded later brings the provider")
    func loadedLater() throws {
      let site = try CarrierSite()
      try site.run(.keeper) { fixture throws in
        #expect(throws: MetadataError.self) { try fixture.store }
        try Carrier.keeper.place(in: site.directory.file("plugins"))
        _ = try fixture.host.load("keeper", deadline: .soon)
        try fixture.put("k", .int(1))
        #expect(try fixture.host.hostReport().degraded == [])
      }
    }

    @Test("whose failure is the writer's, with the plugin's name and words")
    func failing() throws {
      try CarrierSite(.keeper, flags: ["-DON_SAVE=ERROR"]).run(.keeper) { fixture throws in
        let refusal = message { try fixture.put("k", .int(1)) }
        #expect(
          refusal
            == "nothing was changed: the provider keeper of keeper (generation 1) could not save: out of cheese",
          "\(refusal)")
        #expect(try fixture.store.get("c", "k") == nil)
      }
    }

    @Test("whose crash ends the writing but not the host")
    func crashing() throws {
      try CarrierSite(.keeper, flags: ["-DON_SAVE=TRAP"]).run(.keeper) { fixture throws in
        let refusal = message { try fixture.put("k", .int(1)) }
        #expect(
          refusal.hasPrefix(
            "nothing was changed: the provider keeper of keeper (generation 1) crashed in save"),
          "\(refusal)")
        #expect(fixture.wait { fixture.state("keeper") == "quarantined" })
        #expect(try fixture.store.get("c", "k") == nil)
        let second = message { try fixture.put("k", .int(1)) }
        #expect(second == "the metadata store is closed", "\(second)")
        #expect(
          try fixture.host.hostReport().degraded.contains {
            $0
              == "the metadata store is closed, because keeper (generation 1), which carried it, has "
              + "ended; restart the host"
          })
      }
    }

    @Test("that a newer version wrote is refused untouched")
    func newer() throws {
      let site = try CarrierSite(.keeper)
      try site.run(.keeper) { try $0.put("k", .int(1)) }
      let log = site.directory.file("state/stores/keeper/log")
      var bytes = try Bytes.of(log)
      bytes[7] = UInt8(ascii: "7")
      try Bytes.write(bytes, to: log)
      try site.run(.keeper) { fixture throws in
        let refusal = message { _ = try fixture.store }
        #expect(
          refusal
            == "there is no metadata store: the store of keeper of keeper (generation 1) was written "
            + "in format 7, this program knows formats up to 1; it was left untouched: use a newer dovetail",
          "\(refusal)")
      }
      #expect(try Bytes.of(log) == bytes)
    }

    @Test("of which what it set right is told")
    func notes() throws {
      let site = try CarrierSite(.keeper)
      try site.run(.keeper) { try $0.put("k", .int(1)) }
      let log = site.directory.file("state/stores/keeper/log")
      try Bytes.write(try Bytes.of(log) + [9, 0, 0, 0, 1, 2, 3, 4, 5], to: log)
      try site.run(.keeper) { fixture throws in
        #expect(try fixture.store.get("c", "k")?.value == .int(1))
        #expect(
          fixture.log.contains { $0.contains("ended in a write that was never acknowledged") })
      }
    }

    @Test("and stays on the old provider when the records could not be copied")
    func failedSwitch() throws {
      let site = try CarrierSite(.keeper, flags: ["-DON_SAVE=ERROR"])
      try site.run(.file) { try $0.put("k", .int(1)) }
      try site.run(.keeper) { fixture throws in
        #expect(try fixture.provider().name == "file")
        #expect(try fixture.store.get("c", "k")?.value == .int(1))
        #expect(
          try fixture.host.hostReport().degraded.contains {
            $0.hasPrefix(
              "the metadata store stays on the provider 'file', because its records could not be copied to 'keeper': "
            ) && $0.hasSuffix("out of cheese")
          })
        try fixture.put("k", .int(2))
      }
      try Carrier.keeper.place(in: site.directory.file("plugins"))
      try site.run(.keeper) { fixture throws in
        #expect(try fixture.provider().name == "keeper")
        #expect(try fixture.store.get("c", "k")?.value == .int(2))
      }
    }

    @Test("and moves to another provider and back while it is written to")
    func onlineSwitch() throws {
      let site = try CarrierSite(.keeper)
      try site.run(.file) { fixture throws in
        let store = try fixture.store
        for index in 0..<200 { try fixture.put("k\(index)", .int(0), .os) }
        let isOver = Monitor(false)
        let writer = try Thread(name: "writer") {
          var value: Int64 = 0
          while !isOver.withLock({ $0 }) {
            value += 1
            _ = try? store.put(
              MetadataWrite(
                collection: "c", key: "k\(value % 200)", value: .int(value), durability: .os))
          }
        }
        for provider in ["keeper", "file", "keeper"] {
          let moments = try fixture.move(to: provider)
          #expect(moments.last?.state == .done, "\(String(describing: moments.last))")
          #expect(moments.contains { $0.state == .copying })
          #expect(moments.contains { $0.state == .verifying })
          #expect(try fixture.provider().name == provider)
        }
        isOver.update { $0 = true }
        writer.join()
        try store.flush(.disk)
        var kept: [MetadataRecord] = []
        try fixture.provider().forEach { kept.append($0) }
        #expect(try HostSuite.Conformance.sorted(kept) == fixture.all())
        #expect(fixture.host.core.seat.carrier == "keeper")
        #expect(
          try fixture.host.hostReport().degraded == [
            "the metadata store was moved to 'keeper', but metadata.provider says 'file': change it, or the "
              + "next start copies the records back"
          ])
        let refusal = try fixture.move(to: "nobody").last
        #expect(refusal?.state == .failed)
        #expect(refusal?.provider == "keeper")
        #expect(
          refusal?.detail?.hasPrefix("no plugin that runs offers the provider 'nobody'") == true)
      }
    }

    @Test(
      "that takes snapshots of a store in memory, from which the next start goes on",
      arguments: Carrier.available)
    func snapshots(carrier: Carrier) throws {
      let site = try CarrierSite(carrier)
      let inMemory = Keeping(carrier: carrier, isInMemory: true)
      let before = try site.run(inMemory) { fixture throws in
        #expect(try fixture.put("k", .string("é"), .disk).durability == .memory)
        try fixture.put("gone", .int(1))
        try fixture.store.remove("c", "gone")
        #expect(fixture.host.core.seat.carrier == carrier.plugin)
        return try fixture.all()
      }
      #expect(before.count == 1)
      try site.run(inMemory) { fixture throws in
        #expect(try fixture.all() == before)
        try fixture.put("k", .int(2))
      }
      // The records are the provider's: without the detour over memory they are there as well.
      try site.run(carrier) { fixture throws in
        #expect(try fixture.store.get("c", "k")?.value == .int(2))
        #expect(try fixture.host.hostReport().degraded == [])
      }
    }

    @Test(
      "to which a copy and a large snapshot come in several batches, of which no revision goes back"
    )
    func manyBatches() throws {
      let site = try CarrierSite(.keeper)
      try site.run(.file) { fixture throws in
        try fixture.store.transaction(
          (0..<2_500).map {
            MetadataWrite(collection: "c", key: "\($0)", value: .int(1), durability: .os)
          })
        #expect(try fixture.move(to: "keeper").last?.state == .done)
        try fixture.put("late", .int(1))
        #expect(try fixture.move(to: "file").last?.state == .done)
        try fixture.put("later", .int(1))
        #expect(try fixture.move(to: "keeper").last?.state == .done)
      }
      try site.run(
        .keeper,
        configure: { configuration in
          configuration.metadata.provider = .memory
          configuration.metadata.snapshots.provider = .init(rawValue: "keeper")
          configuration.metadata.snapshots.seconds = 3_600
        }
      ) { fixture throws in
        try fixture.store.transaction(
          (0..<SnapshotSaver.batchCount + 1).map {
            MetadataWrite(collection: "c", key: "\($0)", value: .int(2))
          })
      }
      try site.run(.keeper) { fixture throws in
        #expect(try fixture.all().count == SnapshotSaver.batchCount + 3)
        #expect(try fixture.host.hostReport().degraded == [])
      }
    }

    @Test(
      "whose crash, where it takes the snapshots of a store in memory, ends only those until it is back"
    )
    func crashingSnapshots() throws {
      let site = try CarrierSite(.keeper)
      func inMemory(_ configuration: inout HostConfiguration) {
        configuration.metadata.provider = .memory
        configuration.metadata.snapshots.provider = .init(rawValue: "keeper")
        configuration.metadata.snapshots.seconds = 1
      }
      try site.run(.keeper, configure: inMemory) { fixture throws in
        try fixture.put("gone", .int(1))
        try fixture.put("kept", .int(1))
      }
      try Carrier.keeper.place(in: site.directory.file("plugins"), ["-DON_SAVE=TRAP"])
      try site.run(.keeper, configure: inMemory) { fixture throws in
        try fixture.put("k", .int(1))
        try fixture.store.remove("c", "gone")
        #expect(fixture.wait { fixture.state("keeper") == "quarantined" })
        let problem =
          "the plugin of the provider 'keeper', which takes its snapshots, has ended; it goes on in memory, "
          + "and is saved again once the plugin is back"
        #expect(
          fixture.wait {
            fixture.host.core.seat.problem
              == "the metadata store in memory is not saved: \(problem)"
          })
        #expect(try fixture.host.hostReport().degraded.contains { $0.hasSuffix(problem) })
        #expect(try fixture.host.metadataDesk().report.saveFailure == problem)
        #expect(fixture.log.contains { $0.contains("the store goes on in memory") })
        try fixture.put("k", .int(2))
        #expect(try fixture.store.get("c", "k")?.value == .int(2))
        #expect(fixture.host.core.seat.keeper == nil)
        #expect(try fixture.host.session().before == nil)

        try Carrier.keeper.place(in: site.directory.file("plugins"))
        _ = try fixture.host.load("keeper", deadline: .soon)
        #expect(fixture.log.contains { $0.contains("go to 'keeper' again") })
        let keeper = try #require(fixture.host.core.seat.keeper)
        #expect(try fixture.wait { try keeper.load("c", "k")?.value == .int(2) })
        #expect(try keeper.load("c", "gone") == nil)
        #expect(try fixture.host.metadataDesk().report.saveFailure == nil)
        try fixture.put("last", .int(3))
      }
      try site.run(.keeper) { fixture throws in
        let keys = try fixture.all().map(\.key).sorted()
        #expect(keys == ["k", "kept", "last"])
        #expect(try fixture.host.hostReport().degraded == [])
      }
    }

    @Test("and does not replace records that are nowhere else")
    func foreignRecords() throws {
      let site = try CarrierSite(.keeper)
      try site.run(.keeper) { try $0.put("precious", .int(1)) }
      let mark = site.directory.file("state/store-provider")
      unsafe #expect(unlink(mark) == 0)
      try site.run(.file) { try $0.put("other", .int(1)) }
      try site.run(.keeper) { fixture throws in
        #expect(try fixture.provider().name == "file")
        let problem = try #require(try fixture.host.hostReport().degraded.first)
        #expect(problem.contains("'keeper' holds 1 records of its own"), "\(problem)")
      }
      unsafe #expect(unlink(mark) == 0)
      unsafe #expect(rename(site.directory.file("state/store"), site.directory.file("away")) == 0)
      try site.run(.keeper) { fixture throws in
        #expect(try fixture.store.get("c", "precious") != nil)
      }
    }

    @Test(
      "under a name that is free and well formed",
      arguments: [
        ("file", "'file' is the name of a provider in the kernel; take another"),
        ("Bad Name", "'Bad Name' is no provider's name; use 1 to 64 of a-z 0-9 _ -"),
      ])
    func names(name: String, reason: String) throws {
      let plugin = ProbePlugin("p").doing(
        "pre_init",
        """
        dvt_provider p = {HEADER(dvt_provider), .name = S("\(name)")};
        told("offer", FACE(DVT_PERSISTENCE_INTERFACE, dvt_persistence)->provide(host, &p, &errors));
        """)
      let fixture = try HostFixture([plugin])
      #expect(fixture.trace(of: "p").contains("offer \(DVT_INVALID) \(reason)"))
    }
  }
}

private func message(_ body: () throws -> some Any) -> String {
  do {
    _ = try body()
    return "nothing was thrown"
  } catch {
    return "\(error)"
  }
}
