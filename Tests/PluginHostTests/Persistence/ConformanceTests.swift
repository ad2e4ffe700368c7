import HostSupport
import MetadataStore
import TestSupport
import Testing

@testable import PluginHost

extension HostSuite {
  /// What every provider has to do, each in a real host.
  @Suite("keeps its records with any provider", .serialized)
  struct Conformance {
    private static let values: [MetadataValue] = [
      .null, .bool(true), .int(0), .int(.max), .int(.min), .int(9_007_199_254_740_993),
      .double(0.1), .double(1), .double(-0.0), .double(1e300), .double(.leastNonzeroMagnitude),
      .string(""),
      .string("é\u{0}\"\\\n\u{1F600}e\u{301}"), .bytes([]), .bytes([0, 255, 34]),
      .date(nanoseconds: .min), .date(nanoseconds: 1_700_000_000_000_000_001), .list([]),
      .map([:]), .map(["$date": .string("no date"), "$": .null]),
      .list([.map(["a": .list([.int(1), .double(2), .map(["$map": .map([:])])])])]),
    ]

    @Test("every value, name and version comes back as it was", arguments: Keeping.available)
    func values(keeping: Keeping) throws {
      let site = try CarrierSite(keeping.carrier)
      let keys = [
        "k", "nul\u{0}", "nul", "..", "a/b", "%2F", "e\u{301}", "\u{E9}",
        String(repeating: "k", count: 512),
      ]
      let long = String(repeating: "c", count: 255)
      let before = try site.run(keeping) { fixture throws in
        for (index, value) in Self.values.enumerated() { try fixture.put("v\(index)", value) }
        for (index, key) in keys.enumerated() { try fixture.put(key, .int(Int64(index)), in: long) }
        try fixture.put("v0", .string("second"))
        try fixture.put("v0", .string("third"))
        try fixture.put("gone", .int(1))
        try fixture.store.remove("c", "gone")
        return try fixture.all()
      }
      #expect(before.count == Self.values.count + keys.count)
      try site.run(keeping) { fixture throws in
        #expect(try fixture.all() == before)
        #expect(try fixture.store.get("c", "v0")?.version == 3)
        for (index, value) in Self.values.enumerated() where index > 0 {
          #expect(try fixture.store.get("c", "v\(index)")?.value == value)
        }
        // A store in memory shows its provider what it has when it is saved.
        guard !keeping.isInMemory else { return }
        let provider = try fixture.provider()
        var shown: [MetadataRecord] = []
        try provider.forEach { shown.append($0) }
        #expect(Self.sorted(shown) == before)
        for record in before {
          #expect(try provider.load(record.collection, record.key) == record)
        }
        #expect(try provider.load("c", "gone") == nil)
        #expect(try provider.load("none", "v0") == nil)
      }
    }

    @Test("what was written since the opening is what it shows", arguments: Carrier.available)
    func shownSince(carrier: Carrier) throws {
      try CarrierSite(carrier).run(carrier) { fixture throws in
        for durability in [Durability.os, .disk, .os] {
          try fixture.put("k", .int(Int64(durability.rawValue)), durability)
          let provider = try fixture.provider()
          let record = try fixture.store.get("c", "k")
          #expect(try provider.load("c", "k") == record)
          var shown: [MetadataRecord] = []
          try provider.forEach { shown.append($0) }
          #expect(shown == [record].compactMap { $0 })
        }
      }
    }

    @Test("it reaches what it is asked for, and says so", arguments: Carrier.available)
    func durability(carrier: Carrier) throws {
      try CarrierSite(carrier).run(carrier) { fixture throws in
        #expect(try fixture.provider().strongest == .disk)
        #expect(try fixture.put("a", .int(1), .memory).durability == .memory)
        #expect(try fixture.put("b", .int(1), .os).durability == .os)
        #expect(try fixture.put("c", .int(1), .disk).durability == .disk)
        try fixture.store.flush(.disk)
      }
    }

    @Test("a transaction of 10,000 records is kept whole", arguments: Keeping.available)
    func largeBatch(keeping: Keeping) throws {
      let site = try CarrierSite(keeping.carrier)
      // A file each, forced to the disk, takes its time.
      let count = keeping.carrier == .file ? 1_000 : 10_000
      try site.run(keeping) { fixture throws in
        let writes = (0..<count).map {
          MetadataWrite(collection: "many", key: "\($0)", value: .int(Int64($0)))
        }
        let reached = try fixture.store.transaction(writes).last?.durability
        #expect(reached == (keeping.isInMemory ? .memory : .disk))
        let second = (0..<count).map { number -> MetadataWrite in
          number % 2 == 0
            ? .removing("\(number)", from: "many")
            : MetadataWrite(collection: "many", key: "\(number)", value: .string("odd"))
        }
        _ = try fixture.store.transaction(second)
      }
      try site.run(keeping) { fixture throws in
        let records = try fixture.all()
        #expect(records.count == count / 2)
        #expect(records.allSatisfy { $0.value == .string("odd") && $0.version == 2 })
      }
    }

    @Test(
      "revisions go on after a restart, also when every record is gone",
      arguments: Keeping.available
    )
    func revisions(keeping: Keeping) throws {
      let site = try CarrierSite(keeping.carrier)
      let last = try site.run(keeping) { fixture throws in
        try fixture.put("k", .int(1))
        return try fixture.store.remove("c", "k").revision
      }
      try site.run(keeping) { fixture throws in
        #expect(try fixture.put("k", .int(1)).revision > last)
      }
    }

    @Test("a moment of expiry is kept with the record", arguments: Carrier.available)
    func expiry(carrier: Carrier) throws {
      let site = try CarrierSite(carrier)
      let moment: Int64 = 4_000_000_000_000_000_001
      try site.run(carrier) { fixture throws in
        let record = MetadataRecord(
          collection: "c", key: "k", value: .int(1), version: 1, created: 900, modified: 900,
          expires: moment)
        let provider = try fixture.provider()
        _ = try provider.save(
          PersistenceBatch(revision: 900, operations: [.put(record)]), durability: .disk)
        #expect(try provider.load("c", "k") == record)
      }
      try site.run(carrier) { fixture throws in
        #expect(try fixture.store.get("c", "k")?.expires == moment)
      }
    }

    @Test("documents that are no records are kept beside them", arguments: Keeping.available)
    func sessions(keeping: Keeping) throws {
      let site = try CarrierSite(keeping.carrier)
      try site.run(keeping) { fixture throws in
        let provider = try fixture.provider()
        #expect(try provider.loadSession("own") == nil)
        try provider.saveSession([1, 2], as: "own")
        try provider.saveSession([], as: "empty")
        try provider.saveSession([0, 255, 10], as: "own")
        #expect(try provider.loadSession("own") == [0, 255, 10])
      }
      try site.run(keeping) { fixture throws in
        let provider = try fixture.provider()
        #expect(try provider.loadSession("own") == [0, 255, 10])
        #expect(try provider.loadSession("empty") == [])
        #expect(try provider.loadSession("none") == nil)
        #expect(try fixture.all().isEmpty)
      }
    }

    @Test("another provider takes everything over, and back", arguments: Carrier.available)
    func switching(carrier: Carrier) throws {
      let other = carrier.other
      let site = try CarrierSite(carrier, other)
      let before = try site.run(carrier) { fixture throws in
        for (index, value) in Self.values.enumerated() { try fixture.put("v\(index)", value) }
        return try fixture.all()
      }
      let changed = try site.run(other) { fixture throws in
        #expect(try fixture.all() == before)
        #expect(try fixture.provider().name == other.rawValue)
        #expect(
          fixture.log.contains {
            $0.contains("\(before.count) records are with '\(other.rawValue)' now")
          })
        try fixture.store.remove("c", "v1")
        try fixture.put("v0", .string("changed"))
        return try fixture.all()
      }
      try site.run(carrier) { fixture throws in
        #expect(try fixture.all() == changed)
        #expect(try fixture.provider().name == carrier.rawValue)
        #expect(try fixture.host.hostReport().degraded == [])
      }
    }

    static func sorted(_ records: [MetadataRecord]) -> [MetadataRecord] {
      records.sorted {
        ($0.collection, Array($0.key.utf8).description)
          < ($1.collection, Array($1.key.utf8).description)
      }
    }
  }
}

extension HostFixture {
  /// Every record of the store, in one order for all.
  func all() throws -> [MetadataRecord] {
    let snapshot = try store.snapshot
    return HostSuite.Conformance.sorted(
      snapshot.collectionNames.flatMap { snapshot.list($0) })
  }
}
