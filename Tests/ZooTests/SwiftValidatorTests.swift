import HostSupport
import TestSupport
import Testing

/// A Swift plugin that judges writes, from its shared object through a host to the command line.
@Suite(.serialized) struct SwiftValidatorTests {
  private func start(_ configuration: String = "{}") throws -> Zoo {
    let zoo = try Zoo(configuration: configuration)
    try place(in: zoo)
    try zoo.host.start()
    try zoo.expect(["clerk": "active"])
    #expect(try zoo.host.ask("meta", "put", "shop.items", "tea", #"{"price": 4}"#).status == 0)
    return zoo
  }

  private func place(in zoo: Zoo, version: String = "1.0.0") throws {
    let more = #""permissions": {"metadata": ["shop.>"]}"#
    try zoo.place(
      try SwiftWorkshop.build(
        "SwiftClerk", Workshop.manifest("clerk", more, version: version)),
      as: "clerk.so")
  }

  private func put(_ zoo: Zoo, _ order: String) throws -> String {
    let reply = try zoo.host.ask("meta", "put", "shop.orders", "1", order)
    return reply.status == 0 ? "" : reply.errors
  }

  @Test func `What a Swift plugin judges is amended or refused, also from the command line`() throws
  {
    let zoo = try start()
    #expect(try put(zoo, #"{"item": "tea", "count": 3}"#) == "")
    let kept = try zoo.host.ask("meta", "get", "shop.orders", "1").json
    #expect(kept?["value"]?["total"]?.int == 12, "\(kept as Any)")
    #expect(
      try put(zoo, #"{"item": "tea", "count": 0}"#).contains(
        #"validator \"clerk/orders\" refused to let shop.orders/1 be written: 1 orders nothing"#))
    #expect(try put(zoo, #"{"item": "gold", "count": 1}"#).contains("there is no such item"))
    #expect(try zoo.host.call("clerk.order", "5") == "20")
    let answer = try zoo.host.call("clerk.order", "0") ?? ""
    #expect(answer.contains("validator \"clerk/orders\" refused"), "\(answer)")
    #expect(try zoo.host.ask("meta", "delete", "shop.orders", "1").status == 0)
    let stats = try zoo.host.ask("meta", "stats").json?["validators"]?.array?.first
    #expect(stats?["name"]?.string == "clerk/orders" && stats?["pattern"]?.string == "shop.orders")
    #expect(stats?["reviews"]?.int == 6 && stats?["amendments"]?.int == 2)
    #expect(stats?["vetoes"]?.int == 3)
    zoo.expectCleanEnd()
  }

  @Test func `A trap of a Swift validator refuses the write and takes its plugin out`() throws {
    let zoo = try start()
    let said = try put(zoo, #"{"item": "tea", "count": 13}"#)
    #expect(
      said.contains(#"validator \"clerk/orders\" crashed while it judged shop.orders/1"#), "\(said)"
    )
    try zoo.expect(["clerk": "quarantined"])
    #expect(try zoo.host.ask("meta", "stats").json?["validators"]?.array?.isEmpty == true)
    #expect(try put(zoo, #"{"item": "gold", "count": 0}"#) == "")
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test func `A reload keeps one validator of a Swift plugin, and an unload removes it`() throws {
    let zoo = try start(#"{"probation": {"seconds": 0}}"#)
    for version in ["2.0.0", "3.0.0"] {
      try place(in: zoo, version: version)
      #expect(try zoo.host.ask("reload", "clerk").status == 0)
      #expect(try put(zoo, #"{"item": "tea", "count": 0}"#).contains("orders nothing"))
    }
    let validators = try zoo.host.ask("meta", "stats").json?["validators"]?.array
    #expect(validators?.count == 1 && validators?.first?["vetoes"]?.int == 2)
    #expect(try zoo.host.ask("unload", "clerk").status == 0)
    #expect(try put(zoo, #"{"item": "tea", "count": 0}"#) == "")
    zoo.expectCleanEnd()
  }
}
