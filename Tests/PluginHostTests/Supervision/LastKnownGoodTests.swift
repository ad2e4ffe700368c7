import FoundationEssentials
import Glibc
import HostSupport
import TestSupport
import Testing

@testable import PluginHost

@Suite struct LastKnownGoodTests {
  let fixture = Fixture()

  private func candidate(
    _ stager: Stager, value: Int, name: String = "p.so", id: String = "p"
  ) throws -> LastKnownGood.Candidate {
    let path = try fixture.build(Fixture.plugin(value: value), to: name)
    let image = try stager.stage(
      StagingRequest(path: path, label: id, generation: UInt32(value)))
    let build = PluginBuild(
      id: id, version: "\(value).0.0", hash: image.digest, generation: UInt32(value))
    return LastKnownGood.Candidate(build: build, image: image, sidecar: Array("{}".utf8))
  }

  @Test("The next start finds the kept build, stages it and runs it", arguments: [true, false])
  func restore(durable: Bool) throws {
    do {
      let state = try fixture.state()
      let known = try LastKnownGood(in: state, durable: durable)
      try known.keep([try candidate(Fixture.stager(state), value: 1)])
    }
    let state = try fixture.state()
    try state.sweep()
    let known = try LastKnownGood(in: state)
    let kept = try #require(known.build(of: "p"))
    #expect(kept.entry.version == "1.0.0")
    #expect(
      FileManager.default.fileExists(atPath: "\(kept.path.dropLast(3)).plugin.json"))
    let stager = Fixture.stager(state)
    let loader = ImageLoader(stager: stager)
    let staged = try stager.stage(StagingRequest(path: kept.path, label: "p", generation: 1))
    #expect(staged.digest == kept.entry.hash)
    let image = try loader.load(staged, plugin: "p", owner: 1)
    #expect(value(of: image) == 1)
    #expect(try loader.unload(image) == .unmapped)
  }

  @Test("One build of a plugin is kept: the latest")
  func latest() throws {
    let state = try fixture.state()
    let known = try LastKnownGood(in: state, durable: false)
    let stager = Fixture.stager(state)
    for value in 1...3 { try known.keep([try candidate(stager, value: value)]) }
    try known.keep([try candidate(stager, value: 9, name: "q.so", id: "q/ü")])
    #expect(known.list.map(\.version) == ["3.0.0", "9.0.0"])
    #expect(try state.directory("known-good").names().count == 3)
    try known.forget("p")
    #expect(known.build(of: "p") == nil)
    #expect(known.build(of: "q/ü") != nil)
    #expect(try state.directory("known-good").names().count == 2)
  }

  @Test("Libraries of the plugin's own are kept at their places")
  func libraries() throws {
    try fixture.build("int helper(void) { return 5; }", to: "lib/libkept.so")
    let path = try fixture.build(
      "int helper(void);\n" + Fixture.plugin(value: 1), to: "own.so",
      flags: ["-L\(fixture.directory.file("lib"))", "-Wl,--no-as-needed", "-lkept"])
    let state = try fixture.state()
    let stager = Fixture.stager(
      state, ["own.so": LoadFacts(needed: ["libkept.so"], runpath: ["$ORIGIN/lib"])])
    let image = try stager.stage(StagingRequest(path: path, label: "own", generation: 1))
    let known = try LastKnownGood(in: state, durable: false)
    let build = PluginBuild(id: "own", version: "1", hash: image.digest, generation: 1)
    try known.keep([LastKnownGood.Candidate(build: build, image: image)])
    let kept = try #require(known.build(of: "own"))
    let again = try stager.stage(StagingRequest(path: kept.path, label: "own", generation: 2))
    #expect(again.libraries.map(\.relativePath) == ["lib/libkept.so"])
    #expect(again.libraries.map(\.digest) == image.libraries.map(\.digest))
  }

  @Test("A damaged index is set aside; a kept file that is gone is no build")
  func damaged() throws {
    let state = try fixture.state()
    let known = try LastKnownGood(in: state, durable: false)
    try known.keep([try candidate(Fixture.stager(state), value: 1)])
    let path = try #require(known.build(of: "p")).path
    #expect(unsafe unlink(path) == 0)
    #expect(known.build(of: "p") == nil)
    try Data("{".utf8).write(to: URL(filePath: state.path(of: "known-good/index.json")))
    #expect(try LastKnownGood(in: state).list.isEmpty)
    #expect(
      FileManager.default.fileExists(atPath: state.path(of: "known-good/index.json.damaged")))
  }
}
