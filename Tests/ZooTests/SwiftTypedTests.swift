import HostSupport
import TestSupport
import Testing

/// Typed events of a Swift plugin, from its shared object through a host to the command line.
@Suite(.serialized) struct SwiftTypedTests {
  @Test func `A type that a Swift plugin declares is kept, shown, and counted`() throws {
    let zoo = try Zoo(configuration: #"{"events": {"enforceSchemas": "refuse"}}"#)
    let more = #""permissions": {"publish": ["typed.order"]}"#
    try zoo.place(
      try SwiftWorkshop.build("SwiftTyped", Workshop.manifest("typed", more)), as: "typed.so")
    try zoo.host.start()
    try zoo.expect(["typed": "active"])
    #expect(try zoo.host.call("typed.say") == "published")
    #expect(zoo.host.log.contains("read own 3 urn:order"))
    let answer = try zoo.host.call("typed.say", #"{"id": 7}"#) ?? ""
    #expect(
      answer.contains(
        "malformed: an event of typed does not fit what typed declared of 'typed.order': /id must be a string, "
          + "not the number 7"), "\(answer)")
    let types = try zoo.host.ask("events", "types", "typed.order").json?.array
    #expect(types?.count == 1)
    #expect(types?.first?["plugin"]?.string == "typed")
    #expect(types?.first?["enforced"]?.string == "refuse")
    #expect(types?.first?["violations"]?.int == 1)
    #expect(types?.first?["schema"]?["required"]?.array == [.string("id")])
    #expect(types?.first?["subscribers"]?.array?.first?["plugin"]?.string == "typed")
    #expect(zoo.host.log.contains("saw witness"))
    zoo.expectCleanEnd()
  }
}
