import HostSupport
import MetadataStore
import Testing

@testable import PluginHost

extension HostSuite {
  @Suite("bounds what its store in memory holds", .serialized)
  struct MemoryLimit {
    private static func limited(
      records: Int = 0, bytes: Int = 0, provider: String = "memory"
    ) -> (inout HostConfiguration) -> Void {
      {
        $0.metadata.provider = .init(rawValue: provider)
        $0.metadata.memory.records = records
        $0.metadata.memory.bytes = bytes
      }
    }

    private func refusal(_ body: () throws -> some Any) -> String {
      do {
        _ = try body()
        return "nothing was thrown"
      } catch {
        return "\(error)"
      }
    }

    @Test("by records, whatever their collection, and shows use and bound")
    func records() throws {
      let fixture = try HostFixture(configure: Self.limited(records: 3))
      try fixture.put("a", .int(1), in: "c")
      try fixture.put("b", .int(1), in: "d")
      try fixture.put("c", .int(1), in: "e")
      #expect(
        refusal { try fixture.put("d", .int(1), in: "f") }
          == "the store would have 4 records; at most 3 are allowed by metadata.memory.records in the "
          + "configuration: remove some, or raise it")
      // Over what is there, and in the place of something.
      try fixture.put("a", .int(2), in: "c")
      _ = try fixture.store.transaction([
        .removing("b", from: "d"), MetadataWrite(collection: "f", key: "d", value: .int(1)),
      ])
      let report = try fixture.host.metadataDesk().report
      #expect(report.records == 3 && report.mostRecords == 3 && report.mostBytes == nil)
    }

    @Test("by bytes, also of writers that meet in one commit")
    func bytes() throws {
      let fixture = try HostFixture(configure: Self.limited(bytes: 1 << 20))
      let store = try fixture.store
      let text = MetadataValue.string(String(repeating: "x", count: 10_000))
      let refused = Monitor<[String]>([])
      let writers = try (0..<8).map { writer in
        try Thread(name: "writer") {
          for number in 0..<40 {
            do throws(MetadataError) {
              try store.put(
                MetadataWrite(collection: "c", key: "\(writer)/\(number)", value: text))
            } catch {
              refused.update { $0.append(error.description) }
            }
          }
        }
      }
      for writer in writers { writer.join() }
      let reasons = refused.withLock { $0 }
      #expect(!reasons.isEmpty)
      #expect(
        reasons.allSatisfy {
          $0.contains("at most 1048576 are allowed by metadata.memory.bytes in the configuration")
        })
      #expect(store.stats.bytes <= 1 << 20)
      #expect(store.stats.bytes > (1 << 20) - 20_000)
      #expect(try fixture.host.metadataDesk().report.mostBytes == 1 << 20)
    }

    @Test("but not one that is kept on a disk")
    func file() throws {
      let fixture = try HostFixture(configure: Self.limited(records: 1, provider: "file"))
      try fixture.put("a", .int(1))
      try fixture.put("b", .int(1))
      #expect(try fixture.host.metadataDesk().report.mostRecords == nil)
    }
  }
}
