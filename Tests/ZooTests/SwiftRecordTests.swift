import HostSupport
import TestSupport
import Testing

/// Records of `Codable` types of a Swift plugin, from its shared object through a host to the command line.
@Suite(.serialized) struct SwiftRecordTests {
  @Test func `What a Swift plugin keeps as a type comes back exactly, and is typed for others`()
    throws
  {
    let zoo = try Zoo()
    try zoo.place(
      try SwiftWorkshop.build("SwiftLedger", Workshop.manifest("ledger")), as: "ledger.so")
    try zoo.host.start()
    #expect(
      try zoo.host.call("ledger.run")
        == "true true ledger.bills/2 is no Bill: due must be a date, not the string \"tomorrow\"")
    let value = try zoo.host.ask("meta", "get", "ledger.bills", "1").json?["value"]
    #expect(value?["number"]?.int == 9_007_199_254_740_993)
    #expect(value?["due"]?["$date"]?.string == "2023-11-14T22:13:20.500000000Z", "\(value as Any)")
    #expect(value?["seal"]?["$bytes"]?.string == "AP8=")
    #expect(value?["note"] == nil)
    zoo.expectCleanEnd()
  }
}
