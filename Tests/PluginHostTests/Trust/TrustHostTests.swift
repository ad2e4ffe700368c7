import FoundationEssentials
import Glibc
import HostSupport
import TestSupport
import Testing

@testable import PluginHost

extension HostSuite {
  @Suite("asks plugins' files for what its configuration says")
  struct TrustHostTests {
    private let kit = SigningKit()

    private func fix(_ fixture: HostFixture, _ id: String) throws -> String? {
      try fixture.host.why(id).fix
    }

    private func chain(_ fixture: HostFixture, _ id: String) throws -> String {
      try fixture.host.why(id).chain.joined(separator: "; ")
    }

    @Test("a plugin that everybody can write to is blocked, and starts once that is mended")
    func openFile() throws {
      let fixture = try HostFixture(start: false)
      let path = try fixture.put(ProbePlugin("a"))
      try fixture.put(ProbePlugin("b"))
      unsafe chmod(path, 0o777)
      try fixture.host.start()
      #expect(fixture.state("a") == "blocked" && fixture.state("b") == "active")
      #expect(try chain(fixture, "a").contains("a is not trusted: everybody can write to \(path)"))
      #expect(try fix(fixture, "a") == "chmod o-w \(path)")
      let steps = try fixture.host.plan().steps
      #expect(steps.contains { $0.action == .block && $0.reason.contains("everybody can write") })
      #expect(!fixture.trace.contains { $0.hasPrefix("a ") })
      unsafe chmod(path, 0o755)
      _ = try fixture.host.load("a", deadline: .soon)
      #expect(fixture.state("a") == "active")
      #expect(try fixture.host.info("a").trust == nil)
    }

    @Test("a plugin folder that everybody can write to gives no plugins")
    func openFolder() throws {
      let fixture = try HostFixture(start: false)
      try fixture.put(ProbePlugin("a"))
      let folder = fixture.directory.file("plugins")
      unsafe chmod(folder, 0o777)
      try fixture.host.start()
      #expect(fixture.state("a") == "blocked")
      #expect(try fix(fixture, "a") == "chmod o-w \(folder)")
    }

    @Test("with a list, what is not listed is blocked with the line to add")
    func list() throws {
      let list = kit.directory.file("list")
      try Fixtures.write([], to: list)
      let fixture = try HostFixture(start: false) { $0.trust.hashes = list }
      let path = try fixture.put(ProbePlugin("a"))
      try fixture.host.start()
      #expect(fixture.state("a") == "blocked")
      let hash = try SHA256Digest(ofFile: path)
      #expect(
        try fix(fixture, "a") == "when it is what it should be, add the line: \(hash)  a.so")
      try Fixtures.write(Array("\(hash)  a.so\n".utf8), to: list)
      try fixture.reconfigure { _ in }
      #expect(fixture.wait { fixture.state("a") == "active" })
      #expect(try fixture.host.info("a").trust == "listed")
      try fixture.put(ProbePlugin("a", version: "1.1.0"))
      let error = #expect(throws: OperationError.self) {
        try fixture.host.reload("a", dryRun: false, deadline: .soon)
      }
      #expect(error?.message.contains("is not listed in \(list)") == true)
      #expect(try fixture.host.info("a").version == "1.0.0")
    }

    @Test("a signature holds for the libraries that a plugin brings")
    func libraries() throws {
      let key = try kit.key("release")
      let fixture = try HostFixture(start: false) {
        $0.trust.keys = [key]
        $0.trust.requireSignatures = true
      }
      let folder = fixture.directory.file("plugins")
      let compiler = FixtureCompiler(folder: folder)
      try FileManager.default.createDirectory(
        atPath: "\(folder)/lib", withIntermediateDirectories: false)
      try FixtureCompiler(folder: "\(folder)/lib").compile(
        "libtrusthelp.so", "int help(void) { return 1; }", flags: ["-Wl,-soname,libtrusthelp.so"])
      let include = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
      let source = ProbePlugin("a").declaring("int help(void);").doing("init", "(void)help();")
        .source(trace: fixture.directory.file("trace"))
      try compiler.compile(
        "a.so", source,
        flags: [
          "-I/\(include)/PluginSDK/CDovetail/include", "-Wno-unused-function",
          "-Wl,-rpath,$ORIGIN/lib", "-L\(folder)/lib", "-ltrusthelp",
        ])
      try kit.sign(["a.so", "lib/libtrusthelp.so"], in: folder, by: "release")
      try fixture.host.start()
      let why = try chain(fixture, "a")
      #expect(fixture.state("a") == "active", "\(why)")
      #expect(try fixture.host.info("a").trust == "signed by release")
      _ = try fixture.host.unload("a", deadline: .soon)
      try FixtureCompiler(folder: "\(folder)/lib").compile(
        "libtrusthelp.so", "int help(void) { return 2; }", flags: ["-Wl,-soname,libtrusthelp.so"])
      let error = #expect(throws: OperationError.self) {
        try fixture.host.load("a", deadline: .soon)
      }
      #expect(
        error?.message.contains("is not of a.so, lib/libtrusthelp.so by release") == true,
        "\(error?.message ?? "")")
    }

    @Test("a signature holds for the manifest beside a plugin")
    func sidecar() throws {
      let key = try kit.key("release")
      let fixture = try HostFixture(start: false) { $0.trust.keys = [key] }
      let folder = fixture.directory.file("plugins")
      try fixture.put(ProbePlugin("a"))
      // Without its section, the plugin is what the file beside it says.
      let strip = Program.run([
        "/usr/bin/objcopy", "--remove-section=dovetail_manifest", "\(folder)/a.so",
      ])
      try #require(strip.status == 0, "\(strip.output)")
      try Fixtures.write(
        Array(Fixtures.manifest("a").utf8), to: "\(folder)/a.plugin.json")
      try kit.sign(["a.so", "a.plugin.json"], in: folder, by: "release")
      try fixture.host.start()
      let why = try chain(fixture, "a")
      #expect(fixture.state("a") == "active", "\(why)")
      #expect(try fixture.host.info("a").trust == "signed by release")
      _ = try fixture.host.unload("a", deadline: .soon)
      let more = Fixtures.manifest("a", "\"permissions\": {\"publish\": [\">\"]}")
      try Fixtures.write(Array(more.utf8), to: "\(folder)/a.plugin.json")
      #expect(throws: OperationError.self) { try fixture.host.load("a", deadline: .soon) }
      #expect(try chain(fixture, "a").contains("is not of a.so, a.plugin.json by release"))
    }

    @Test("a host with a damaged list or without a key that it needs does not start")
    func unusable() throws {
      let list = kit.directory.file("list")
      try Fixtures.write(Array("no hash\n".utf8), to: list)
      let damaged = #expect(throws: OperationError.self) {
        try HostFixture(start: false) { $0.trust.hashes = list }
      }
      #expect(
        damaged?.message
          == "no plugin can be trusted: line 1 of \(list) is no line of sha256sum")
      let keyless = #expect(throws: OperationError.self) {
        try HostFixture(start: false) { $0.trust.requireSignatures = true }
      }
      #expect(keyless?.advice == "name the files of public keys in trust.keys")
    }

    @Test("a configuration that is read anew and cannot be used leaves the present one")
    func reread() throws {
      let fixture = try HostFixture([ProbePlugin("a")])
      #expect(throws: OperationError.self) {
        try fixture.reconfigure { $0.trust.requireSignatures = true }
      }
      #expect(!fixture.host.trust.policy.settings.requireSignatures)
    }

    @Test("the last known good build keeps its signature")
    func lastKnownGood() throws {
      let key = try kit.key("release")
      let fixture = try HostFixture(start: false) {
        $0.trust.keys = [key]
        $0.trust.requireSignatures = true
      }
      try fixture.put(ProbePlugin("a"))
      try kit.sign(["a.so"], in: fixture.directory.file("plugins"), by: "release")
      try fixture.host.start()
      let kept = try #require(fixture.host.lastKnownGood.build(of: "a"))
      let request = StagingRequest(path: kept.1, label: "a", generation: 9)
      #expect(
        try fixture.host.lifecycle.stager.stage(request).trust == .signed(by: "release"))
    }

    @Test("inspect tells what speaks for a file, and what to sign")
    func inspect() throws {
      let fixture = try HostFixture(start: false)
      let path = try fixture.put(ProbePlugin("a"))
      var settings = TrustSettings()
      settings.keys = [try kit.key("release")]
      let policy = try TrustPolicy(settings)
      let inspector = FileInspector(path: path, trust: policy)
      #expect(try inspector.report().trust == "unverified")
      #expect(try inspector.report().statement == "\(SHA256Digest(ofFile: path))  a.so\n")
      try kit.sign(["a.so"], in: fixture.directory.file("plugins"), by: "release")
      #expect(try inspector.report().trust == "signed by release")
      try Fixtures.write([1, 2], to: "\(path).sig")
      let report = try inspector.report()
      #expect(report.trust == "refused")
      #expect(report.refusal?.hasPrefix("is not trusted: \(path).sig has 2 bytes") == true)
    }
  }
}
