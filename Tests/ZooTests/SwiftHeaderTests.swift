import TestSupport
import Testing

/// Swift makes the metadata of an imported C struct unique in the process by its tag: two plugins whose headers differ get on
/// only because the tag differs too.
@Suite(.serialized) struct SwiftHeaderTests {
  private func manifest(_ id: String) -> String {
    Workshop.manifest(id, #""permissions": {"publish": ["zoo.relay"]}"#)
  }

  private func relay(_ id: String, tag: String? = nil) throws -> String {
    guard let tag else { return try SwiftWorkshop.build("SwiftRelay", manifest(id)) }
    return try SwiftWorkshop.build(
      "SwiftRelay", manifest(id), include: SwiftWorkshop.newerHeader(tag: tag), ["-DNEWER"])
  }

  @Test(arguments: [["a-old", "b-new"], ["a-new", "b-old"]])
  func `Plugins of an old and a new header understand each other, whichever comes first`(
    ids: [String]
  ) throws {
    let zoo = try Zoo()
    for id in ids {
      let tag = id.hasSuffix("new") ? "dvt_event_r2" : nil
      try zoo.place(try relay(id, tag: tag), as: "\(id).so")
    }
    try zoo.host.start()
    try zoo.expect([ids[0]: "active", ids[1]: "active", "witness": "active"])
    for id in ids {
      #expect(try zoo.host.call("\(id).size") == (id.hasSuffix("new") ? "176 176" : "168 168"))
    }
    for id in ids + ids { _ = try zoo.host.call("\(id).send") }
    let events = (ids + ids).map { "\($0), a subject, data of \($0), 1" }
    let expected = Set(
      ["sync", "queue"].flatMap { how in events.map { "\(how) \($0)" } })
    for id in ids {
      var heard: [String] = []
      let complete = try Condition.holds(milliseconds: 5_000) {
        heard = (try zoo.host.call("\(id).heard") ?? "").split(separator: "; ").map(String.init)
        return heard.count >= 16
      }
      #expect(complete && heard.count == 16, "\(heard)")
      #expect(Set(heard) == expected)
      #expect(
        heard.filter { $0.hasPrefix("sync") }.map { String($0.dropFirst(5)) }
          == events.flatMap { [$0, $0] })
    }
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test func `With one tag for two sizes the runtime lays out one of them wrongly`() throws {
    let zoo = try Zoo()
    try zoo.place(try relay("a-old"), as: "a-old.so")
    try zoo.place(try relay("b-new", tag: "dvt_event_r1"), as: "b-new.so")
    try zoo.host.start()
    #expect(try zoo.host.call("a-old.size") == "168 168")
    #expect(try zoo.host.call("b-new.size") == "176 168")
    zoo.expectCleanEnd()
  }
}
