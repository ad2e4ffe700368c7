import PluginSDK
import PluginTestKit
import Synchronization
import Testing

@Suite struct InterfaceTests {
  @Test func `Services answer with types and with errors`() throws {
    let host = try TestHost()
    _ = try host.run(Adder.self, id: "adder")
    #expect(try host.context.call(Services.add, [1, 2, 3]) == 6)
    #expect(throws: PluginError(.notFound, "no plugin provides \"no.such\"", domain: "dovetail")) {
      try host.context.call("no.such", [])
    }
    let error = #expect(throws: PluginError.self) {
      try host.context.call("adder.add", Array("{}".utf8))
    }
    #expect(error?.code == .invalid)
    #expect(error?.message.hasPrefix("adder.add: not the JSON of Array<Int>: ") == true)
  }

  @Test func `A service sees who calls and passes on its own code`() throws {
    let host = try TestHost()
    try host.context.provide("who") { request in
      guard request.data.isEmpty else { throw PluginError(.denied, "no data, please") }
      return Array("\(request.caller) \(request.service) \(request.contentType)".utf8)
    }
    let reply = try host.context.call("who", [], contentType: "text/plain")
    #expect(String(decoding: reply, as: UTF8.self) == "test who text/plain")
    #expect(throws: PluginError(.denied, "no data, please")) { try host.context.call("who", [1]) }
  }

  @Test func `Timers follow the test's clock`() throws {
    let host = try TestHost()
    let calls = Mutex<[String]>([])
    let repeating = try host.context.every(milliseconds: 10, name: "tick") {
      calls.withLock { $0.append("tick") }
    }
    try host.context.after(milliseconds: 15) {
      calls.withLock { $0.append("once") }
      throw PluginError(.failed, "late")
    }
    host.advance(milliseconds: 9)
    #expect(calls.withLock { $0 } == [])
    host.advance(milliseconds: 21)
    #expect(calls.withLock { $0 } == ["tick", "once", "tick", "tick"])
    #expect(host.failures == [PluginError(.failed, "late")])
    try repeating.cancel()
    host.advance(milliseconds: 100)
    #expect(calls.withLock { $0.count } == 4)
    #expect(throws: PluginError(.invalid, "an interval is at least 1 ms")) {
      try host.context.every(milliseconds: 0) {}
    }
  }

  static let values: [Value] = [
    .null, true, false, 42, -1, 1.5, "text", "", .bytes([0, 255]), .date(nanoseconds: 7),
    ["a", 1, []], ["k": "v", "nested": ["deep": [1, 2, ["x": .null]]]], .list([]), .map([:]),
  ]

  @Test(arguments: values)
  func `Every kind of value is kept as it was`(value: Value) throws {
    let metadata = try TestHost().context.metadata
    try metadata.put("test.values", "k", value)
    #expect(try metadata.get("test.values", "k")?.value == value)
  }

  @Test func `Records have versions, and compare-and-set shows what is there`() throws {
    let metadata = try TestHost().context.metadata
    let first = try metadata.put("c", "k", 1, expect: .absent)
    guard case .written(let written) = first else {
      Issue.record("the first write met a conflict")
      return
    }
    #expect(written.version == 1)
    #expect(written.revision == 1)
    let second = try metadata.put("c", "k", 2, expect: .absent)
    guard case .conflict(let current) = second else {
      Issue.record("the second write met no conflict")
      return
    }
    #expect(current?.value == 1)
    try metadata.put("c", "k", 2, expect: .version(1), durability: .disk)
    try metadata.put("c", "j", 0)
    #expect(try metadata.list("c").map(\.key) == ["j", "k"])
    #expect(try metadata.list("c", prefix: "k").map(\.version) == [2])
    try metadata.remove("c", "k")
    #expect(try metadata.get("c", "k") == nil)
    let error = #expect(throws: PluginError.self) { try metadata.remove("c", "k") }
    #expect(error?.code == .notFound)
  }

  @Test func `A watch reports changes and removals`() throws {
    let metadata = try TestHost().context.metadata
    let seen = Mutex<[Record]>([])
    let watch = try metadata.watch("c", prefix: "a") { record in
      seen.withLock { $0.append(record) }
    }
    try metadata.put("c", "a1", 1)
    try metadata.put("c", "b1", 1)
    try metadata.remove("c", "a1")
    try watch.cancel()
    try metadata.put("c", "a2", 1)
    #expect(seen.withLock { $0.map(\.key) } == ["a1", "a1"])
    #expect(seen.withLock { $0.map(\.isDeleted) } == [false, true])
    #expect(throws: PluginError.self) { try metadata.watch("c", from: 3) { _ in } }
  }

  struct Limits: Codable, Equatable {
    var limit: Int
    var name: String
  }

  @Test func `Settings are read by pointer and as a type`() throws {
    let host = try TestHost(
      settings: #"{"limit": 3, "name": "é", "on": true, "rate": 0.5, "list": [{"a/b": 1}]}"#)
    let context = host.context
    #expect(try context.settings(as: Limits.self) == Limits(limit: 3, name: "é"))
    #expect(try context.int("/limit") == 3)
    #expect(try context.double("/limit") == 3)
    #expect(try context.double("/rate") == 0.5)
    #expect(try context.bool("/on"))
    #expect(try context.string("/name") == "é")
    #expect(try context.int("/list/0/a~1b") == 1)
    #expect(try context.settings(as: [String: Int].self, at: "/list/0") == ["a/b": 1])
    #expect(throws: PluginError(.notFound, "no setting \"/none\"", domain: "dovetail")) {
      try context.int("/none")
    }
    let wrong = PluginError(.invalid, "the setting \"/name\" has another type", domain: "dovetail")
    #expect(throws: wrong) { try context.int("/name") }
    #expect(
      throws: PluginError(
        .invalid,
        "setting /name: not the JSON of Int: Expected to decode Int but found a string instead.")
    ) { try context.settings(as: Int.self, at: "/name") }
    #expect(throws: PluginError.self) { try TestHost(settings: "{") }
  }

  @Test func `Log lines carry level, plugin and fields`() throws {
    let host = try TestHost()
    host.context.log.trace("t")
    host.context.log.debug("d")
    host.context.log.info("read", ("lines", "3"), ("file", "x"))
    host.context.log.warning("w")
    host.context.log.error("e")
    #expect(host.log.map(\.level) == [.trace, .debug, .info, .warning, .error])
    #expect(host.log.map(\.plugin) == Array(repeating: "test", count: 5))
    #expect(host.log[2].message == "read")
    #expect(host.log[2].fields.map(\.name) == ["lines", "file"])
    #expect(host.log[2].fields.map(\.value) == ["3", "x"])
  }
}
