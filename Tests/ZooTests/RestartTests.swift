import FoundationEssentials
import Glibc
import HostSupport
import TestSupport
import Testing

/// Hosts that are started again after their plugin folder was damaged.
@Suite(.serialized) struct RestartTests {
  @Test(arguments: [0, 900, -4_096])
  func `A start with a truncated file takes the last known good build and names the file`(
    length: Int
  ) throws {
    let zoo = try Zoo(flags: ["--watch"])
    try zoo.add("pet")
    try zoo.host.start()
    try zoo.expect(["pet": "active", "witness": "active"])
    zoo.expectCleanEnd()
    let path = "\(zoo.host.plugins)/pet.so"
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    try zoo.write(Array(length < 0 ? bytes.dropLast(-length) : bytes.prefix(length)), as: "pet.so")
    try zoo.host.start()
    try zoo.expect(["pet": "active", "witness": "active"])
    #expect(
      zoo.host.log.contains(
        "\(path) holds no usable build; the last known good one, 1.0.0, is used until it does"),
      "\(zoo.host.log)")
    #expect(try zoo.host.ask("plan").output.contains("unload") == false)
    // The file is whole again, with another build: it is taken.
    try zoo.add("pet", version: "1.1.0")
    let isNew = try Condition.holds(milliseconds: 10_000) {
      try zoo.host.info("pet")?["version"]?.string == "1.1.0"
    }
    #expect(isNew, "\(zoo.host.log)")
    #expect(try zoo.host.info("pet")?["path"]?.string == path)
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test func `A file that is gone is not started again from its copy`() throws {
    let zoo = try Zoo()
    try zoo.add("pet")
    try zoo.host.start()
    try zoo.expect(["pet": "active"])
    zoo.expectCleanEnd()
    #expect(unsafe unlink("\(zoo.host.plugins)/pet.so") == 0)
    try zoo.host.start()
    #expect(try zoo.host.states() == ["witness": "active"])
    zoo.expectCleanEnd()
  }

  @Test func `A damaged file harms no plugin that needs it when the host starts again`() throws {
    let zoo = try Zoo()
    try zoo.add("base")
    try zoo.add("top", [], #""requires": {"base": "^1.0"}"#)
    try zoo.host.start()
    try zoo.expect(["base": "active", "top": "active"])
    zoo.expectCleanEnd()
    try zoo.write(Array("no image".utf8), as: "base.so")
    try zoo.host.start()
    try zoo.expect(["base": "active", "top": "active"])
    #expect(try zoo.host.ask("reload", "top").status == 0)
    try zoo.expect(["base": "active", "top": "active"])
    zoo.expectCleanEnd()
  }
}
