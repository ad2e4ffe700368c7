import HostSupport
import MetadataStore
import TestSupport
import Testing

extension HostSuite {
  @Suite("is told by 'dovetail meta switch' to move its records", .serialized)
  struct SwitchCommand {
    /// A real host on the file provider, with three records.
    private func start(_ site: CarrierSite) throws -> RunningHost {
      let host = try RunningHost(
        plugins: site.directory.file("plugins"), state: site.directory.file("state"))
      try host.start()
      for (key, value) in [("a", "1"), ("b", #"{"n": 9007199254740993}"#), ("c", #""é""#)] {
        #expect(try host.ask("meta", "put", "c", key, value).status == 0)
      }
      return host
    }

    private func run(_ host: RunningHost, _ provider: String) throws -> (
      status: Int32, text: String
    ) {
      let run = Program.run(
        ["/usr/bin/env", RunningHost.program, "meta", "switch", provider, "--state", host.state])
      return (run.status, run.output)
    }

    /// What the file provider of a host that has ended keeps.
    private func digest(_ site: CarrierSite) throws -> RecordDigest {
      var digest = RecordDigest()
      let provider = FileProvider(path: site.directory.file("state/store"))
      _ = try provider.load { digest.add($0) }
      try provider.close()
      return digest
    }

    @Test(
      "there and back, and prints how many and with which checksum",
      arguments: Carrier.available.filter { $0 != .file })
    func thereAndBack(carrier: Carrier) throws {
      let site = try CarrierSite(carrier)
      let host = try start(site)
      let there = try run(host, "\(carrier)")
      #expect(there.status == 0, "\(there.text)")
      let back = try run(host, "file")
      #expect(host.stop() == .exited(0))
      let digest = try digest(site)
      #expect(digest.count == 3)
      let verified = "read back with checksum \(digest.checksum)"
      #expect(
        there.text
          == "3 records are with \(carrier) now, \(verified); the metadata store was moved to "
          + "'\(carrier)', but metadata.provider says 'file': change it, or the next start copies the "
          + "records back\n")
      #expect(back.text == "3 records are with file now, \(verified)\n")
    }

    @Test("and says of each step how far it is, with --json")
    func json() throws {
      let site = try CarrierSite(.keeper)
      let host = try start(site)
      let lines = try host.ask("meta", "switch", "keeper").output.split(separator: "\n").map {
        try JSON(parsing: Array($0.utf8))
      }
      #expect(lines.compactMap { $0["state"]?.string } == ["copying", "verifying", "done"])
      #expect(lines.allSatisfy { $0["records"]?.int == 3 && $0["total"]?.int == 3 })
      #expect(host.stop() == .exited(0))
      #expect(lines.last?["checksum"]?.string == (try digest(site)).checksum)
    }

    @Test(
      "but not to where nothing is kept, or where nobody is",
      arguments: [
        ("memory", "'memory' keeps nothing, so there is nothing to copy"),
        ("nobody", "no plugin that runs offers the provider 'nobody'"),
        ("file", "the metadata store is on 'file' already"),
      ])
    func refusals(provider: String, reason: String) throws {
      let site = try CarrierSite()
      let host = try start(site)
      let run = try run(host, provider)
      #expect(run.status != 0)
      #expect(run.text.contains(reason), "\(run.text)")
      #expect(try host.ask("meta", "get", "c", "a").status == 0)
      #expect(host.stop() == .exited(0))
    }
  }
}
