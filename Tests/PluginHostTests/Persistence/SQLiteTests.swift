import FoundationEssentials
import Glibc
import HostSupport
import MetadataStore
import TestSupport
import Testing

@testable import PluginHost

extension HostSuite {
  @Suite(
    "keeps its records in SQLite", .serialized, .enabled(if: Carrier.available.contains(.sqlite)))
  struct SQLite {
    private static func database(_ site: CarrierSite) -> String {
      site.directory.file("state/stores/sqlite/store.db")
    }

    /// Runs SQL with the `sqlite3` tool, as a person would.
    @discardableResult
    private static func sql(_ path: String, _ text: String) throws -> String {
      let outcome = Program.run(["/usr/bin/env", "sqlite3", path, text])
      #expect(outcome.status == 0, "\(outcome.output)")
      return outcome.output
    }

    private static func options(_ members: [String: JSON]) -> (inout HostConfiguration) -> Void {
      { $0.metadata.options = .object(members) }
    }

    @Test("in tables that a person reads with the sqlite3 tool, also while the host runs")
    func tables() throws {
      let site = try CarrierSite(.sqlite)
      try site.run(.sqlite) { fixture throws in
        try fixture.put("ann", .map(["city": .string("Bern"), "age": .int(41)]), in: "people")
        try fixture.put("bob", .map(["city": .string("Rome")]), in: "people", .os)
        let rows = try Self.sql(
          Self.database(site),
          "SELECT key, value ->> '$.city', version FROM records WHERE collection = 'people' ORDER BY key"
        )
        #expect(rows == "ann|Bern|1\nbob|Rome|1\n")
        for name in ["store.db", "store.db-wal", "store.db-shm", "store.db.lock"] {
          let path = site.directory.file("state/stores/sqlite/\(name)")
          var status = stat()
          unsafe #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600, "\(name)")
        }
      }
      #expect(try Self.sql(Self.database(site), "PRAGMA integrity_check") == "ok\n")
    }

    @Test("and leaves no log behind when it ends, also after it was read from")
    func noLog() throws {
      let site = try CarrierSite(.sqlite)
      try site.run(.sqlite) { fixture throws in
        try fixture.put("k", .int(1))
        #expect(try fixture.provider().load("c", "k") != nil)
      }
      unsafe #expect(access(Self.database(site), F_OK) == 0)
      unsafe #expect(access("\(Self.database(site))-wal", F_OK) != 0)
    }

    @Test("and finds records by their words")
    func search() throws {
      let site = try CarrierSite(.sqlite)
      try site.run(.sqlite) { fixture throws in
        let provider = try fixture.provider()
        try fixture.put("a", .map(["title": .string("The quick brown fox"), "n": .int(7)]))
        #expect(try provider.search("quick FOX", in: "c") == ["a"])
        try fixture.put("b", .list([.string("quick"), .map(["deep": .string("fox, quick fox")])]))
        try fixture.put("other", .string("quick fox"), in: "elsewhere")
        try fixture.put("data", .bytes(Array("quick fox".utf8)))
        #expect(try Set(provider.search("quick fox", in: "c") ?? []) == ["a", "b"])
        #expect(try provider.search("quick dog", in: "c") == [])
        #expect(try provider.search("  ", in: "c") == [])
        #expect(try provider.search("\"quick\" OR NOT * x", in: "c") == [])
        try fixture.put("a", .string("slow turtle"))
        try fixture.store.remove("c", "b")
        #expect(try provider.search("quick", in: "c") == [])
      }
      try site.run(.sqlite) { fixture throws in
        #expect(try fixture.provider().search("turtle", in: "c") == ["a"])
      }
    }

    @Test("and keeps figures for as many days as it is told")
    func metrics() throws {
      let site = try CarrierSite(.sqlite)
      let day: Int64 = 86_400_000_000_000
      try site.run(.sqlite, configure: Self.options(["metricsDays": .int(2)])) { fixture throws in
        let provider = try fixture.provider()
        func sample(_ name: String, _ days: Int64, _ value: Double) -> MetricSample {
          MetricSample(name: name, time: days * day, value: value)
        }
        #expect(try provider.saveMetrics([sample("x", 10, 1), sample("y", 10, 5)]))
        #expect(try provider.saveMetrics([sample("x", 11, 2.5)]))
        #expect(
          try provider.metrics("x", from: 0, until: 12 * day)
            == [sample("x", 10, 1), sample("x", 11, 2.5)])
        #expect(try provider.metrics("x", from: 10 * day, until: 11 * day)?.count == 1)
        #expect(try provider.saveMetrics([sample("x", 13, 3)]))
        #expect(
          try provider.metrics("x", from: 0, until: 20 * day)
            == [sample("x", 11, 2.5), sample("x", 13, 3)])
        #expect(try provider.metrics("none", from: 0, until: 20 * day) == [])
      }
    }

    @Test("and makes backups that another host goes on from, while it writes")
    func backup() throws {
      let site = try CarrierSite(.sqlite)
      let copy = site.directory.file("copy.db")
      let before = try site.run(.sqlite) { fixture throws in
        let writes = (0..<5_000).map {
          MetadataWrite(
            collection: "many", key: "\($0)", value: .string(String(repeating: "x", count: 1_000)))
        }
        _ = try fixture.store.transaction(writes)
        let all = try fixture.all()
        var reports: [(Int, Int)] = []
        let store = try fixture.store
        try fixture.provider().backup(to: copy) { done, total in
          reports.append((done, total))
          // What comes meanwhile is not in the copy, and does not make it begin anew.
          _ = try? store.put(
            MetadataWrite(
              collection: "later", key: "\(reports.count)", value: .int(1), durability: .os))
        }
        #expect(reports.count > 1)
        #expect(reports.last.map { $0.0 == $0.1 } == true)
        #expect(throws: MetadataError.self) { try fixture.provider().backup(to: copy) { _, _ in } }
        return all
      }
      var status = stat()
      unsafe #expect(stat(copy, &status) == 0 && status.st_mode & 0o777 == 0o600)
      let other = try CarrierSite(.sqlite)
      try other.run(.sqlite, configure: Self.options(["path": .string(copy)])) { fixture throws in
        #expect(try fixture.all() == before)
      }
    }

    @Test("of which a second host is refused the database, and told who has it")
    func secondHost() throws {
      let site = try CarrierSite(.sqlite)
      let shared = site.directory.file("shared.db")
      try site.run(.sqlite, configure: Self.options(["path": .string(shared)])) { fixture throws in
        try fixture.put("k", .int(1))
        let second = try RunningHost(
          configuration:
            #"{"metadata": {"provider": "sqlite", "options": {"path": "\#(shared)"}}}"#,
          plugins: site.directory.file("plugins"))
        try second.start()
        let refusal = try second.ask("meta", "get", "c", "k").errors
        #expect(refusal.contains("is locked by the process \(getpid())"), "\(refusal)")
        #expect(second.stop() == .exited(0))
        try fixture.put("k", .int(2))
      }
    }

    @Test("and says of no write that it is on the disk where it is told not to wait")
    func normal() throws {
      let site = try CarrierSite(.sqlite)
      try site.run(.sqlite, configure: Self.options(["synchronous": .string("normal")])) {
        fixture throws in
        #expect(try fixture.put("k", .int(1), .disk).durability == .os)
      }
    }

    @Test(
      "and refuses options that it does not know",
      arguments: [
        (["pth": JSON.string("x")], "metadata.options.pth is unknown; known are path"),
        (
          ["synchronous": .string("off")],
          "metadata.options.synchronous is \"off\"; it is one of extra"
        ),
        (["readers": .int(0)], "metadata.options.readers is no whole number in 1…64"),
        (["path": .bool(true)], "metadata.options has something that is neither text nor"),
      ])
    func badOptions(members: [String: JSON], reason: String) throws {
      try CarrierSite(.sqlite).run(.sqlite, configure: Self.options(members)) { fixture throws in
        let problem = try #require(try fixture.host.hostReport().degraded.first)
        #expect(problem.contains(reason), "\(problem)")
      }
    }

    @Test("bringing a database of an earlier version to the present one")
    func migration() throws {
      let site = try CarrierSite(.sqlite)
      try site.run(.sqlite) { try $0.put("k", .int(1)) }
      let path = Self.database(site)
      try Self.sql(
        path,
        "DROP VIEW metric_values; DROP TABLE metrics; DROP TABLE metric_names; PRAGMA user_version = 1"
      )
      try site.run(.sqlite) { fixture throws in
        #expect(try fixture.store.get("c", "k")?.value == .int(1))
        #expect(fixture.log.contains { $0.contains("was brought from version 1 to 2") })
        #expect(try fixture.provider().saveMetrics([MetricSample(name: "x", time: 1, value: 1)]))
      }
    }

    @Test("leaving alone what a newer version, or another program, wrote")
    func untouched() throws {
      for (statement, reason) in [
        ("PRAGMA user_version = 9", "was written in format 9, this program knows formats up to 2"),
        ("PRAGMA application_id = 7", "is the database of another program"),
      ] {
        let site = try CarrierSite(.sqlite)
        try site.run(.sqlite) { try $0.put("k", .int(1)) }
        try Self.sql(Self.database(site), statement)
        let before = try Bytes.of(Self.database(site))
        try site.run(.sqlite) { fixture throws in
          let problem = try #require(try fixture.host.hostReport().degraded.first)
          #expect(problem.contains(reason), "\(problem)")
        }
        #expect(try Bytes.of(Self.database(site)) == before)
      }
    }

    @Test("saying that it is damaged, and going on without")
    func damaged() throws {
      let site = try CarrierSite(.sqlite)
      let path = Self.database(site)
      try site.run(.sqlite) { fixture throws in
        for index in 0..<200 {
          try fixture.put("\(index)", .string(String(repeating: "x", count: 500)), .os)
        }
      }
      let whole = try Bytes.of(path)
      var scrambled = whole
      for index in 4096..<whole.count { scrambled[index] = UInt8(truncatingIfNeeded: index * 7) }
      for bytes in [Array(whole.prefix(whole.count / 2)), scrambled, Array("no database".utf8)] {
        try Bytes.write(bytes, to: path)
        try site.run(.sqlite) { fixture throws in
          let problem = try #require(
            try fixture.host.hostReport().degraded.first, "\(bytes.count) of \(whole.count) bytes")
          #expect(problem.contains(path), "\(problem)")
        }
      }
      try Bytes.write(whole, to: path)
      try site.run(.sqlite) { fixture throws in #expect(try fixture.all().count == 200) }
    }

    @Test(
      "failing a write for which the disk has no room, and going on when there is some",
      .enabled(if: TemporaryFileSystem.isPossible))
    func fullDisk() throws {
      let site = try CarrierSite(.sqlite)
      let disk = try TemporaryFileSystem(options: "size=512k")
      let options = Self.options(["path": .string("\(disk.path)/store.db")])
      try site.run(.sqlite, configure: options) { fixture throws in
        try fixture.put("before", .int(1))
        let large = MetadataValue.string(String(repeating: "x", count: 900_000))
        let error = #expect(throws: MetadataError.self) { try fixture.put("large", large) }
        #expect(
          "\(String(describing: error))".contains(
            "the provider sqlite of sqlite-store (generation 1) could not save: \(disk.path)/store.db: "
          ),
          "\(String(describing: error))")
        #expect(try fixture.store.get("c", "large") == nil)
        try disk.remount("size=16m")
        #expect(try fixture.put("after", large).durability == .disk)
      }
      try site.run(.sqlite, configure: options) { fixture throws in
        #expect(try fixture.all().map(\.key) == ["after", "before"])
      }
    }
  }
}
