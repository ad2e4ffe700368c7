import HostSupport
import TestSupport
import Testing

/// What plugins use, with real processes.
@Suite(.serialized) struct AccountingTests {
  @Test func `An isolated plugin's worker is counted as the plugin's own use`() throws {
    let zoo = try Zoo(configuration: #"{"isolation": {"isolated": ["pet"]}}"#)
    try zoo.add("pet")
    try zoo.host.start()
    try zoo.expect(["pet": "active", "witness": "active"])
    let used = try #require(try zoo.host.info("pet")?["resources"])
    #expect((used["workerBytes"]?.int ?? 0) > 100_000, "\(used)")
    #expect((used["cpuSeconds"]?.double ?? 0) > 0, "\(used)")
    #expect(used["handles"]?.int == 3, "\(used)")
    #expect(try zoo.host.info("witness")?["resources"]?["workerBytes"] == nil)
    #expect(try zoo.host.ask("health", "pet").status == 0)
    zoo.expectCleanEnd()
  }
}
