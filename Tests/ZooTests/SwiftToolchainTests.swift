import HostSupport
import TestSupport
import Testing

/// Images whose Swift does not fit the host's are refused before their code can run.
@Suite(.serialized) struct SwiftToolchainTests {
  private func expectRefusal(
    _ image: String, _ reason: String, _ location: SourceLocation = #_sourceLocation
  ) throws {
    let zoo = try Zoo()
    try zoo.place(image, as: "bad.so")
    try zoo.host.start()
    try zoo.expect(["bad": "blocked", "witness": "active"], location)
    let why = try zoo.host.why("bad")
    #expect(why.contains(reason), "\(why)", sourceLocation: location)
    let reply = try zoo.host.ask("load", "bad")
    #expect(reply.status == 5, sourceLocation: location)
    #expect(reply.errors.contains(reason), "\(reply.errors)", sourceLocation: location)
    #expect(try zoo.host.info("bad")?["generation"]?.int == 0, sourceLocation: location)
    let inspected = try zoo.host.ask("inspect", image)
    #expect((inspected.output + inspected.errors).contains(reason), sourceLocation: location)
    try zoo.expectWitnessWorks(location)
    zoo.expectCleanEnd(location)
  }

  @Test func `promise 2: A plugin that hides its toolchain is refused with advice`() throws {
    let image = try SwiftCreature(
      deed: "fatal", place: "initializer", more: #""toolchain": "mine""#
    ).build()
    try expectRefusal(
      image,
      "does not say which Swift built it, and this host runs Swift 6.3; build it with the "
        + "EmbedManifest plugin")
  }

  @Test func `promise 2: A plugin of another toolchain is refused with advice`() throws {
    let image = try SwiftCreature(
      deed: "fatal", place: "initializer", more: #""toolchain": "swift 5.10.1""#
    ).build()
    try expectRefusal(
      image,
      "was built with Swift 5.10, but this host runs Swift 6.3; rebuild it with Swift 6.3, or isolate it"
    )
  }

  @Test func `promise 2: A plugin that brings its own Swift library is refused with advice`() throws
  {
    let image = try SwiftWorkshop.build(
      "SwiftRelay", Workshop.manifest("bad"), ["-static-stdlib"])
    try expectRefusal(
      image,
      "is linked with a static Swift standard library, which this process has already;"
        + " build it without -static-stdlib, or isolate it")
  }
}
