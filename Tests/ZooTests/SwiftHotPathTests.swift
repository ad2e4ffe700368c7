import TestSupport
import Testing

/// What a Swift plugin pays for an event that it reads where it lies.
@Suite(.serialized) struct SwiftHotPathTests {
  @Test func `A publisher of values and spans and its zero-copy handlers allocate nothing`() throws
  {
    let counting = try Workshop.shared.c("counting", nil)
    let zoo = try Zoo(environment: ["LD_PRELOAD": counting])
    let permissions = #""permissions": {"publish": ["hot.*"], "subscribe": ["hot.*"]}"#
    let services = #""provides": {"services": ["hot.run"]}"#
    let manifest = Workshop.manifest("hot", "\(permissions), \(services)")
    try zoo.place(try SwiftWorkshop.build("SwiftHot", manifest), as: "hot.so")
    try zoo.host.start()
    // The first events of a thread may prepare what the later ones use.
    #expect(try zoo.host.call("hot.run", "10")?.hasSuffix(" 45 5.0 100 10") == true)
    let answer = try zoo.host.call("hot.run", "100000")
    #expect(answer == "0 4999950045 50005.0 1000100 100010")
    zoo.expectCleanEnd()
  }
}
