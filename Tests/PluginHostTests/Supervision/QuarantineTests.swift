import FoundationEssentials
import Glibc
import HostSupport
import TestSupport
import Testing

@testable import PluginHost

@Suite struct QuarantineTests {
  let directory = TemporaryDirectory()

  static func cause(_ id: String, _ byte: UInt8) -> QuarantineCause {
    QuarantineCause(
      build: PluginBuild(
        id: id, version: "1.\(byte).0", hash: SHA256Digest.of([byte]), generation: 1),
      cause: "SIGSEGV at 0x0 in init on thread main", phase: .initialize)
  }

  @Test("A build stays in quarantine over a restart, with its cause")
  func survives() throws {
    do {
      let quarantine = try Quarantine(in: StateDirectory.open(directory.path))
      try quarantine.add(QuarantineTests.cause("a", 1))
    }
    let quarantine = try Quarantine(in: StateDirectory.open(directory.path))
    let entry = try #require(quarantine.why(SHA256Digest.of([1])))
    #expect(entry.id == "a")
    #expect(entry.version == "1.1.0")
    #expect(entry.cause == "SIGSEGV at 0x0 in init on thread main")
    #expect(entry.phase == .initialize)
    #expect(entry.time > 1_600_000_000)
    #expect(quarantine.why(SHA256Digest.of([2])) == nil)
    #expect(quarantine.damaged == nil)
  }

  @Test("The first cause of a build stays")
  func firstCause() throws {
    let quarantine = try Quarantine(in: StateDirectory.open(directory.path))
    try quarantine.add(QuarantineTests.cause("a", 1))
    let again = QuarantineCause(
      build: QuarantineTests.cause("a", 1).build, cause: "later", phase: nil)
    try quarantine.add(again)
    #expect(quarantine.list.map(\.cause) == ["SIGSEGV at 0x0 in init on thread main"])
  }

  @Test("Builds are let out by the plugin's id or by the first digits of the hash")
  func clear() throws {
    let state = try StateDirectory.open(directory.path)
    let quarantine = try Quarantine(in: state)
    for (id, byte) in [("b", 1), ("a", 2), ("a", 3), ("c", 4)] {
      try quarantine.add(QuarantineTests.cause(id, UInt8(byte)))
    }
    #expect(quarantine.list.map(\.id) == ["a", "a", "b", "c"])
    #expect(try quarantine.clear("nobody").isEmpty)
    #expect(try quarantine.clear("a").map(\.version) == ["1.2.0", "1.3.0"])
    let digits = SHA256Digest.of([4]).description
    #expect(quarantine.matching(String(digits.prefix(5))).isEmpty)
    #expect(try quarantine.clear(String(digits.prefix(6)).uppercased()).map(\.id) == ["c"])
    #expect(try Quarantine(in: state).list.map(\.id) == ["b"])
  }

  @Test(
    "A damaged file is set aside and kept",
    arguments: ["", "{", "[]", "{\"format\": 2, \"entries\": []}"])
  func damaged(text: String) throws {
    let state = try StateDirectory.open(directory.path)
    try Data(text.utf8).write(to: URL(filePath: state.path(of: "quarantine/builds.json")))
    let quarantine = try Quarantine(in: state)
    #expect(quarantine.list.isEmpty)
    #expect(quarantine.damaged == "quarantine/builds.json.damaged")
    #expect(
      try String(
        contentsOfFile: state.path(of: "quarantine/builds.json.damaged"), encoding: .utf8) == text)
    try quarantine.add(QuarantineTests.cause("a", 1))
    #expect(try Quarantine(in: state).list.map(\.id) == ["a"])
  }
}
