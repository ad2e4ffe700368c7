import FoundationEssentials
import Glibc
import HostSupport
import TestSupport
import Testing

/// Files in the plugin folder that are no plugins, or odd ones, beside the witness.
@Suite(.serialized) struct FileTests {
  @Test func `promise 1: A folder full of rubbish harms nobody and each file is named`() throws {
    let zoo = try Zoo()
    let good = try Workshop.shared.c("creature", Workshop.manifest("good"))
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: good)))
    try zoo.write(Array(bytes.prefix(900)), as: "truncated.so")
    try zoo.write([], as: "zero.so")
    try zoo.write(Array("just some text\n".utf8), as: "text.so")
    try zoo.write(Self.patched(bytes, at: 18, 0xB7), as: "arm.so")
    try zoo.write(Self.patched(bytes, at: 4, 1), as: "bits32.so")
    #expect(unsafe mkdir("\(zoo.host.plugins)/directory.so", 0o755) == 0)
    #expect(unsafe mkfifo("\(zoo.host.plugins)/pipe.so", 0o644) == 0)
    #expect(unsafe symlink("loop.so", "\(zoo.host.plugins)/loop.so") == 0)
    #expect(unsafe symlink("/nonexistent", "\(zoo.host.plugins)/dangling.so") == 0)
    try zoo.place(try Workshop.shared.c("creature", nil), as: "bare.so")
    try zoo.place(try Workshop.shared.c("creature", "not json"), as: "notjson.so")
    try zoo.place(
      try Workshop.shared.c("creature", #"{"version": "1.0.0", "abi": "1.0"}"#), as: "noid.so")
    let large = Workshop.manifest(
      "large", #""description": "\#(String(repeating: "x", count: 70_000))""#)
    try zoo.place(try Workshop.shared.c("creature", large), as: "large.so")
    let broken = #"-DMANIFEST="{\"id\": \"b\xff\", \"version\": \"1.0.0\", \"abi\": \"1.0\"}""#
    try zoo.place(try Workshop.shared.c("creature", nil, [broken]), as: "notutf8.so")
    try zoo.host.start()
    try zoo.expectWitnessWorks()
    #expect(try zoo.host.states() == ["witness": "active"])
    let named = [
      "truncated", "zero", "text", "arm", "bits32", "notjson", "noid", "large", "notutf8",
    ]
    for name in named { #expect(zoo.host.log.contains("\(name).so"), "\(name)\n\(zoo.host.log)") }
    for (name, reason) in [
      "notjson": "JSON", "noid": "id", "large": "65536", "notutf8": "UTF-8", "arm": "AArch64",
      "bits32": "32-bit",
    ] {
      let line = zoo.host.log.split(separator: "\n").first { $0.contains("/\(name).so") } ?? ""
      #expect(line.contains(reason), "\(name): \(line)")
    }
    for name in named + ["bare", "directory", "pipe", "loop"] {
      let reply = try zoo.host.ask("inspect", "\(zoo.host.plugins)/\(name).so")
      #expect(reply.status < 128, "\(name): \(reply.errors)")
    }
    zoo.expectCleanEnd()
  }

  private static func patched(_ bytes: [UInt8], at index: Int, _ value: UInt8) -> [UInt8] {
    var bytes = bytes
    bytes[index] = value
    return bytes
  }

  @Test func `promise 2: What does not fit this host is refused, and the message says what to do`()
    throws
  {
    let zoo = try Zoo()
    try zoo.add("noentry", ["-DNO_ENTRY", "-Wno-unused-function", "-Wno-unused-const-variable"])
    try zoo.add("null", ["-DNULL_ENTRY", "-Wno-unused-variable"])
    try zoo.add("major", ["-DMAJOR=2"])
    try zoo.add("newer", ["-DMINOR=7", "-DSIZE=sizeof(dvt_plugin)+64"])
    try zoo.add("smaller", ["-DSIZE=sizeof(dvt_plugin)-8"])
    try zoo.place(
      try Workshop.shared.c("creature", #"{"id": "abi2", "version": "1.0.0", "abi": "2.0"}"#),
      as: "abi2.so")
    try zoo.host.start()
    try zoo.expect([
      "noentry": "failed", "null": "failed", "major": "failed", "newer": "active",
      "smaller": "failed", "abi2": "blocked", "witness": "active",
    ])
    #expect(try zoo.host.why("noentry").contains("does not export dovetail_plugin"))
    #expect(
      try zoo.host.why("null")
        == "null 1.0.0 failed in load: its entry returned NULL: it refuses this host (ABI 1.0); "
        + "use a build for this host")
    #expect(
      try zoo.host.why("major")
        == "major 1.0.0 failed in load: it was built for ABI 2.0, this host speaks 1.0; "
        + "rebuild it with this host's header")
    #expect(
      try zoo.host.why("smaller")
        == "smaller 1.0.0 failed in load: dvt_plugin.init or .cleanup is NULL; both are required")
    #expect(
      try zoo.host.why("abi2")
        == "abi2 was built for ABI 2.0, but this host speaks ABI 1.0")
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test func `promise 4: Duplicates, cycles and broken ranges block only those concerned`() throws {
    let zoo = try Zoo()
    let twin = try Workshop.shared.c("creature", Workshop.manifest("twin"))
    let other = try Workshop.shared.c("creature", Workshop.manifest("twin"), ["-DTAG=\"other\""])
    try zoo.place(twin, as: "twin-a.so")
    try zoo.place(other, as: "twin-b.so")
    try zoo.add("ring-a", [], #""requires": {"ring-b": "*"}"#)
    try zoo.add("ring-b", [], #""requires": {"ring-a": "*"}"#)
    try zoo.add("behind", [], #""requires": {"ring-a": "*"}"#)
    try zoo.add("picky", [], #""requires": {"witness": "^2"}"#)
    try zoo.add("lonely", [], #""requires": {"nobody": "*"}"#)
    try zoo.host.start()
    try zoo.expect([
      "twin": "blocked", "ring-a": "blocked", "ring-b": "blocked", "behind": "blocked",
      "picky": "blocked", "lonely": "blocked", "witness": "active",
    ])
    let folder = zoo.host.plugins
    #expect(
      try zoo.host.why("twin")
        == "twin is there 2 times in version 1.0.0: \(folder)/twin-a.so and \(folder)/twin-b.so")
    #expect(
      try zoo.host.why("ring-a")
        == "ring-a requires itself by way of others: ring-a → ring-b → ring-a")
    #expect(
      try zoo.host.why("picky")
        == "picky requires witness ^2, but 1.0.0 is there (\(folder)/witness.so)")
    #expect(try zoo.host.why("lonely") == "lonely requires nobody *, which is not there")
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test func `A plugin's file name may have spaces and letters of any script`() throws {
    let zoo = try Zoo()
    try zoo.place(
      try Workshop.shared.c("creature", Workshop.manifest("odd")), as: "Plug in — ünïcødé 日本.so")
    try zoo.host.start()
    try zoo.expect(["odd": "active"])
    #expect(try zoo.host.call("odd.poke") == "one 0")
    zoo.expectCleanEnd()
  }
}
