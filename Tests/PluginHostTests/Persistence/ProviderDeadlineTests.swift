import HostSupport
import MetadataStore
import Synchronization
import TestSupport
import Testing

@testable import PluginHost

extension HostSuite {
  @Suite("does not wait without end for a provider", .serialized)
  struct ProviderDeadline {
    private static func loss(_ what: String) -> String {
      "nothing was changed: the provider keeper of keeper (generation 1) made no progress in \(what) for 300 ms "
        + "(metadata.providerDeadline) and is called no more; raise that if it needs longer, and restart "
        + "the host"
    }

    private static func impatient(_ configuration: inout HostConfiguration) {
      configuration.metadata.providerDeadline = 300
      configuration.drainDeadline = 500
    }

    @Test("that hangs when it is opened: it starts without a store, naming provider and setting")
    func opening() throws {
      let site = try CarrierSite(.keeper, flags: ["-DON_OPEN=HANG"])
      try site.run(.keeper, configure: Self.impatient) { fixture throws in
        #expect(
          try fixture.host.hostReport().degraded.contains(
            "there is no metadata store: \(Self.loss("open"))"))
        #expect(fixture.state("keeper") == "active")
      }
    }

    @Test(
      "that hangs in a switch: the store stays where it was, and is written to",
      arguments: [("-DON_OPEN=HANG", "open"), ("-DON_SAVE=HANG", "save")])
    func switching(flag: String, what: String) throws {
      let site = try CarrierSite(.keeper, flags: [flag])
      try site.run(.file, configure: Self.impatient) { fixture throws in
        try fixture.put("k", .int(1))
        let last = try fixture.move(to: "keeper").last
        #expect(last?.state == .failed)
        #expect(last?.provider == "file")
        #expect(last?.detail == Self.loss(what))
        try fixture.put("k", .int(2))
        _ = try fixture.host.plan()
      }
      try site.run(.file, configure: Self.impatient) { fixture throws in
        #expect(try fixture.store.get("c", "k")?.value == .int(2))
      }
    }

    @Test("but for one that is slow and shows records, however long it takes in all")
    func slow() throws {
      let shown = Monitor<[Int]>([])
      let total = try PatientCall<Int>.run(
        milliseconds: 200, { number in shown.update { $0.append(number) } }
      ) { (call) throws(MetadataError) -> Int in
        for number in 0..<10 {
          // Waits for nothing that could come.
          let none: Bool? = Monitor(0).wait(until: .after(milliseconds: 60)) { _ in nil }
          #expect(none == nil)
          call.tell(number)
        }
        return 10
      }
      #expect(total == 10)
      #expect(shown.withLock { $0 } == Array(0..<10))
    }

    @Test("and hears nothing of one that it has given up")
    func late() throws {
      let gate = Monitor(false)
      let ended = Monitor(false)
      let shown = Monitor(0)
      let value = try PatientCall<Int>.run(
        milliseconds: 100, { _ in shown.update { $0 += 1 } }
      ) { (call) throws(MetadataError) -> Int in
        call.tell(1)
        _ = gate.wait(until: .after(milliseconds: 20_000)) { $0 ? true : nil }
        call.tell(2)
        ended.update { $0 = true }
        return 1
      }
      #expect(value == nil)
      gate.update { $0 = true }
      #expect(ended.wait(until: .soon) { $0 ? true : nil } == true)
      #expect(shown.withLock { $0 } == 1)
    }
  }
}
