import HostSupport
import TestSupport
import Testing

/// Builds that take each other's place again and again while events flow.
@Suite(.serialized) struct SwiftReloadTests {
  static let configuration = #"{"probation": {"seconds": 0}, "journal": {"fsync": false}}"#

  /// Reloads of the C plugin: about 11 ms a reload; ten thousand (`DOVETAIL_ZOO_RELOADS=10000`) take minutes in a debug
  /// build. The figure `reload-c-growth` makes as many each time.
  static let reloadsOfC = Environment.all["DOVETAIL_ZOO_RELOADS"].flatMap { Int($0) } ?? 1_000

  /// Puts the builds, with the tags 1 and 2, in place in turn, an even number of times, and checks in the end that the last one
  /// has the counts of every event and how many images stayed mapped.
  private func reload(
    _ zoo: Zoo, _ builds: [String], times: Int, counts: Int, retired: Int,
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    try zoo.place(builds[1], as: "pet.so")
    // Its beats begin when it starts: by then the witness, which counts them, must have subscribed.
    try zoo.add(SwiftCreature(id: "source", beat: 1, more: #""requires": {"witness": "*"}"#))
    try zoo.host.start()
    let client = try SocketClient(zoo.host.state + "/control.sock")
    for round in 0..<times {
      try zoo.place(builds[round % 2], as: "pet.so")
      let reply = try client.ask("plugins.reload", #"{"id": "pet"}"#)
      try #require(reply["error"] == nil, "round \(round): \(reply)", sourceLocation: location)
    }
    #expect(try zoo.host.ask("unload", "source").status == 0, sourceLocation: location)
    let sent = try zoo.host.call("witness.pings") ?? ""
    #expect((Int(sent) ?? 0) > times, sourceLocation: location)
    let expected = (["2"] + Array(repeating: sent, count: counts)).joined(separator: " ")
    var heard: String?
    let complete = try Condition.holds(milliseconds: 10_000) {
      heard = try zoo.host.call("pet.poke")
      return heard == expected
    }
    #expect(complete, "\(heard ?? "") instead of \(expected)", sourceLocation: location)
    let info = try zoo.host.info("pet")
    #expect(info?["generation"]?.int == Int64(times + 1), sourceLocation: location)
    #expect(info?["retiredGenerations"]?.int == Int64(retired), sourceLocation: location)
    try zoo.expectWitnessWorks(location)
    zoo.expectCleanEnd(location)
  }

  @Test func `promise 6: 500 reloads of a Swift plugin lose no event, sync or queued`() throws {
    let zoo = try Zoo(configuration: Self.configuration)
    let builds = try ["1", "2"].map {
      try SwiftCreature(id: "pet", version: "\($0).0.0", tag: $0, more: ReloadTests.state).build()
    }
    try reload(zoo, builds, times: 500, counts: 2, retired: 500)
  }

  @Test
  func `promise 6: Thousands of reloads of a C plugin lose no event and leave nothing mapped`()
    throws
  {
    let zoo = try Zoo(configuration: Self.configuration)
    let builds = try ["1", "2"].map {
      try Workshop.shared.c(
        "creature", Workshop.manifest("pet", ReloadTests.state, version: "\($0).0.0"),
        ["-DTAG=\"\($0)\""])
    }
    try reload(zoo, builds, times: Self.reloadsOfC, counts: 1, retired: 0)
  }
}
