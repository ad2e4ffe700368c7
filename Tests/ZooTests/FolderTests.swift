import FoundationEssentials
import Glibc
import HostSupport
import TestSupport
import Testing

/// What happens to files while their builds run.
@Suite(.serialized) struct FolderTests {
  private func zoo(_ flags: [String] = []) throws -> Zoo {
    let zoo = try Zoo(
      configuration: #"{"debounceMilliseconds": 100, "probation": {"seconds": 0}}"#, flags: flags)
    try zoo.add("pet")
    try zoo.host.start()
    #expect(try zoo.host.call("pet.poke") == "one 0")
    return zoo
  }

  @Test func `promise 8: Overwriting, truncating and deleting a file harms nothing that is loaded`()
    throws
  {
    let zoo = try zoo()
    let path = "\(zoo.host.plugins)/pet.so"
    for _ in 0..<2 {
      let file = try FileDescriptor.open(path, O_RDWR | O_TRUNC)
      try file.write([UInt8](repeating: 0xCC, count: 20_000))
      #expect(try zoo.host.call("pet.poke") == "one 0")
    }
    #expect(unsafe truncate(path, 0) == 0)
    #expect(try zoo.host.ask("reload", "pet").status != 0)
    #expect(try zoo.host.call("pet.poke") == "one 0")
    #expect(unsafe unlink(path) == 0)
    #expect(try zoo.host.ask("reload", "pet").status != 0)
    #expect(try zoo.host.call("pet.poke") == "one 0")
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test func `A watched file that is deleted unloads its plugin`() throws {
    let zoo = try zoo(["--watch"])
    #expect(unsafe unlink("\(zoo.host.plugins)/pet.so") == 0)
    let isGone = try Condition.holds { try zoo.host.states()["pet"] == nil }
    #expect(isGone, "\(zoo.host.log)")
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test func `promise 8: A file that is copied slowly is loaded once, when it is complete`() throws
  {
    let zoo = try zoo(["--watch"])
    let next = try Workshop.shared.c(
      "creature", Workshop.manifest("pet", version: "2.0.0"), ["-DTAG=\"two\""])
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: next)))
    let file = try FileDescriptor.open("\(zoo.host.plugins)/pet.so", O_WRONLY | O_TRUNC)
    for start in stride(from: 0, to: bytes.count, by: 1_000) {
      try file.write(Array(bytes[start..<min(start + 1_000, bytes.count)]))
      // Each answer takes a while: the copy lasts many times the quiet period's tick.
      #expect(try zoo.host.call("pet.poke") == "one 0")
    }
    _ = consume file
    #expect(try Condition.holds { try zoo.host.call("pet.poke") == "two 0" }, "\(zoo.host.log)")
    #expect(try zoo.host.info("pet")?["generation"]?.int == 2)
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }
}
