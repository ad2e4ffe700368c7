import HostSupport
import MetadataStore
import TestSupport
import Testing

@testable import PluginHost

extension HostSuite {
  @Suite("keeps what it is configured with", .serialized)
  struct Session {
    private static func loaded(_ flags: [String: JSON]) throws -> [String: JSON] {
      var loader = ConfigurationLoader()
      loader.add(flags: flags)
      return try loader.load().given
    }

    @Test("as what was set, without the settings of plugins")
    func given() throws {
      #expect(
        try Self.loaded([
          "depthLimit": .int(7), "metadata": .object(["provider": .string("sqlite")]),
          "settings": .object(["b": .object(["password": .string("x")]), "a": .object([:])]),
        ]) == [
          "depthLimit": .int(7), "metadata.provider": .string("sqlite"),
          "settings": .array([.string("a"), .string("b")]),
        ])
    }

    @Test("for the next run, also after a switch of providers", arguments: Carrier.available)
    func runs(carrier: Carrier) throws {
      let site = try CarrierSite(carrier, carrier.other)
      let first = try site.run(carrier, configure: { $0.given = ["depthLimit": .int(7)] }) {
        fixture throws in
        let session = try fixture.host.session()
        #expect(session.before == nil)
        #expect(session.run.configuration == ["depthLimit": .int(7)])
        // A change while it runs is of the same run; a key that takes effect at the start only is not changed yet.
        try fixture.reconfigure { configuration in
          configuration.given = ["topics": .int(500), "depthLimit": .int(8)]
        }
        let kept = try fixture.provider()
        #expect(
          try fixture.wait {
            try SessionReport.kept(with: kept)?.run.configuration
              == ["topics": .int(500), "depthLimit": .int(7)]
          })
        #expect(try SessionReport.kept(with: kept)?.before == nil)
        return try fixture.host.session().run
      }
      try site.run(carrier.other) { fixture throws in
        #expect(try fixture.provider().name == carrier.other.rawValue)
        #expect(try fixture.host.session().before == first)
        let kept = try fixture.provider()
        #expect(try fixture.wait { try SessionReport.kept(with: kept)?.before == first })
        #expect(try fixture.host.session().before == first)
      }
    }

    @Test("but not over what a newer version keeps")
    func newer() throws {
      let site = try CarrierSite()
      let newer = Array(#"{"format": 2, "other": true}"#.utf8)
      try site.run(.file) { fixture throws in
        let provider = try fixture.provider()
        #expect(try fixture.wait { try SessionReport.kept(with: provider) != nil })
        try provider.saveSession(newer, as: "host")
        let error = #expect(throws: OperationError.self) { try fixture.host.session() }
        #expect(error?.message.contains("was written in format 2") == true)
        try fixture.reconfigure { $0.given = ["topics": .int(500)] }
        #expect(
          fixture.wait {
            fixture.log.contains { $0.contains("what the host is configured with cannot be kept") }
          })
        #expect(try provider.loadSession("host") == newer)
      }
    }

    @Test("and knows of no run before where nothing is kept")
    func inMemory() throws {
      let fixture = try HostFixture { $0.given = ["topics": .int(500)] }
      #expect(try fixture.host.session().run.configuration == ["topics": .int(500)])
      #expect(try fixture.host.session().before == nil)
    }
  }
}
