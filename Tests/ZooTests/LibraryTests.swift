import FoundationEssentials
import Glibc
import HostSupport
import TestSupport
import Testing

/// Libraries that plugins bring with them under `$ORIGIN`.
@Suite(.serialized) struct LibraryTests {
  private static let configuration =
    #"{"drainDeadline": 500, "probation": {"seconds": 0}}"#

  private func library(_ answer: String, soname: String = "libhelper.so") throws -> String {
    try Workshop.shared.build([
      "cc", "-shared", "-fPIC", "-Wl,-soname,\(soname)", "-DANSWER=\"\(answer)\"",
      "\(Workshop.fixtures)/helper.c",
    ])
  }

  /// A creature whose tag is what its library says; the library lies in `folder` of the plugin folder.
  private func creature(
    _ id: String, _ library: String, version: String = "1.0.0", in folder: String = ""
  ) throws -> String {
    let place = folder.isEmpty ? "$ORIGIN" : "$ORIGIN/\(folder)"
    return try Workshop.shared.c(
      "creature", Workshop.manifest(id, version: version),
      ["-DHELPER", "-Wl,--no-as-needed", library, "-Wl,-rpath,\(place)"])
  }

  private func zoo() throws -> Zoo {
    let zoo = try Zoo(configuration: Self.configuration)
    let first = try library("first")
    try zoo.place(first, as: "libhelper.so")
    try zoo.place(try creature("pet", first), as: "pet.so")
    try zoo.host.start()
    #expect(try zoo.host.call("pet.poke") == "first 0")
    return zoo
  }

  @Test(arguments: [true, false])
  func `A reload never runs with the old library in silence`(withNewPlugin: Bool) throws {
    let zoo = try zoo()
    let second = try library("second")
    try zoo.place(second, as: "libhelper.so")
    if withNewPlugin {
      try zoo.place(try creature("pet", second, version: "2.0.0"), as: "pet.so")
    }
    let reply = try zoo.host.ask("reload", "pet")
    #expect(reply.status == 1, "\(reply.output)")
    let message = reply.json?["error"]?["message"]?.string ?? ""
    #expect(
      message.contains(
        "it brings its own libhelper.so, but another library of that name is mapped already "
          + "(brought by pet), and one process holds one of a name; rename it (its SONAME), "
          + "isolate the plugin, or restart the host"), "\(message)")
    #expect(message.hasSuffix("generation 1 (1.0.0) goes on"), "\(message)")
    #expect(try zoo.host.call("pet.poke") == "first 0")
    // When the old one is gone there is room for the new one.
    #expect(try zoo.host.ask("unload", "pet").status == 0)
    #expect(try zoo.host.ask("load", "pet").status == 0)
    #expect(try zoo.host.call("pet.poke") == "second 0")
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test func `A changed library of another name is loaded beside the old one`() throws {
    let zoo = try zoo()
    let second = try library("second", soname: "libhelper2.so")
    try zoo.place(second, as: "libhelper2.so")
    try zoo.place(try creature("pet", second, version: "2.0.0"), as: "pet.so")
    let reply = try zoo.host.ask("reload", "pet")
    #expect(reply.status == 0, "\(reply.errors)")
    #expect(try zoo.host.call("pet.poke") == "second 0")
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test func `promise 8: Overwriting and deleting a library beside a plugin harms nothing`() throws
  {
    let zoo = try zoo()
    let path = "\(zoo.host.plugins)/libhelper.so"
    let file = try FileDescriptor.open(path, O_RDWR | O_TRUNC)
    try file.write([UInt8](repeating: 0xCC, count: 20_000))
    #expect(try zoo.host.call("pet.poke") == "first 0")
    #expect(unsafe truncate(path, 0) == 0)
    #expect(try zoo.host.ask("reload", "pet").status != 0)
    #expect(try zoo.host.call("pet.poke") == "first 0")
    #expect(unsafe unlink(path) == 0)
    #expect(try zoo.host.ask("reload", "pet").status != 0)
    #expect(try zoo.host.call("pet.poke") == "first 0")
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test func `Of two plugins with different libraries of one name the second is refused by name`()
    throws
  {
    let zoo = try Zoo(configuration: Self.configuration)
    for (id, answer) in [("one", "first"), ("two", "second")] {
      let library = try library(answer)
      let folder = "\(zoo.host.plugins)/\(id)"
      #expect(unsafe mkdir(folder, 0o755) == 0)
      try FileManager.default.copyItem(atPath: library, toPath: "\(folder)/libhelper.so")
      try zoo.place(try creature(id, library, in: id), as: "\(id).so")
    }
    try zoo.host.start()
    try zoo.expect(["one": "active", "two": "failed", "witness": "active"])
    #expect(
      try zoo.host.why("two")
        == "two 1.0.0 failed in load: two: it brings its own libhelper.so, but another library of "
        + "that name is mapped already (brought by one), and one process holds one of a name; "
        + "rename it (its SONAME), isolate the plugin, or restart the host")
    #expect(try zoo.host.call("one.poke") == "first 0")
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }
}
