import HostSupport
import MetadataStore
import TestSupport
import Testing

@testable import PluginHost

extension HostSuite {
  @Suite("keeps a history of its figures", .serialized)
  struct MetricsHistory {
    private static let uptime = "dovetail_uptime_seconds"
    private static let gauge = ProbePlugin("gauge").doing(
      "metrics",
      """
      dvt_metric good = {HEADER(dvt_metric), .name = S("level"), .kind = DVT_METRIC_GAUGE, .value = 2.5};
      dvt_metric bad = {HEADER(dvt_metric), .name = S("nonsense"), .kind = DVT_METRIC_GAUGE, .value = __builtin_nan("")};
      out->report(out->context, &good);
      out->report(out->context, &bad);
      """)

    private func history(
      _ fixture: HostFixture, _ series: String, from: Int64 = 0, limit: Int = 1_000
    ) throws -> MetricHistoryReport {
      try fixture.host.metricsHistory(series, from: from, limit: limit)
    }

    @Test(
      "every so many seconds, as the configuration says also of a host that runs",
      arguments: Carrier.available.filter { $0 != .file })
    func samples(carrier: Carrier) throws {
      let site = try CarrierSite(carrier, flags: ["-DKEEPS_FIGURES"])
      try site.run(carrier, [Self.gauge], configure: { $0.metadata.metricsSeconds = 0 }) {
        fixture throws in
        let began = LogTime.now()
        #expect(try history(fixture, Self.uptime).samples.isEmpty)
        try fixture.reconfigure { $0.metadata.metricsSeconds = 1 }
        #expect(try fixture.wait { try history(fixture, Self.uptime).samples.count >= 2 })
        let own = try history(fixture, #"dovetail_level{plugin="gauge"}"#).samples
        #expect(own.count >= 2 && own.allSatisfy { $0.value == 2.5 }, "\(own)")
        #expect(try history(fixture, #"dovetail_nonsense{plugin="gauge"}"#).samples.isEmpty)
        let last = try history(fixture, Self.uptime, limit: 1)
        #expect(last.samples.count == 1 && last.omitted >= 1)
        #expect(try history(fixture, Self.uptime, from: began).samples.count >= 2)
        #expect(try history(fixture, Self.uptime, from: .max).samples.isEmpty)
        #expect(!fixture.log.contains { $0.contains("are not kept") })
      }
    }

    @Test("which a provider that takes the snapshots of a store in memory keeps as well")
    func inMemory() throws {
      let site = try CarrierSite(.keeper, flags: ["-DKEEPS_FIGURES"])
      try site.run(
        .keeper,
        configure: { configuration in
          configuration.metadata.provider = .memory
          configuration.metadata.snapshots.provider = .init(rawValue: "keeper")
          configuration.metadata.metricsSeconds = 1
        }
      ) { fixture throws in
        #expect(try fixture.wait { try !history(fixture, Self.uptime).samples.isEmpty })
      }
    }

    @Test("and says so where its provider keeps none", arguments: [Carrier.file, .keeper])
    func none(carrier: Carrier) throws {
      try CarrierSite(carrier).run(carrier) { fixture throws in
        let error = #expect(throws: OperationError.self) { try history(fixture, Self.uptime) }
        #expect(error?.code == .refused)
        #expect(
          error?.message == "the provider '\(carrier)' keeps no history of figures")
      }
    }

    @Test("and gives its provider nothing after its end")
    func afterEnd() throws {
      let site = try CarrierSite(.keeper, flags: ["-DKEEPS_FIGURES"])
      try site.run(.keeper) { fixture throws in
        let provider = try #require(fixture.provider() as? SwitchableProvider)
        #expect(try provider.saveMetrics([MetricSample(name: "x", time: 1, value: 1)]))
        try fixture.end()
        let error = #expect(throws: MetadataError.self) { try provider.saveMetrics([]) }
        #expect(
          error?.description.contains("the provider keeper of keeper (generation 1) is closed")
            == true, "\(String(describing: error))")
        #expect(fixture.host.core.seat.keeper == nil)
      }
    }
  }
}
