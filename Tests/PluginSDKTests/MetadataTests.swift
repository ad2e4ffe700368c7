import PluginSDK
import PluginTestKit
import Synchronization
import Testing

@Suite struct MetadataTests {
  @Test func `A transaction does one list of changes or the other, or says what is in the way`()
    throws
  {
    let metadata = try TestHost().context.metadata
    let changes: [RecordChange] = [.put("c", "a", 1), .put("c", "b", ["n": 2])]
    let first = try metadata.transact(
      when: [.exists("c", "a", false)], changes, otherwise: [.put("c", "z", 1)])
    guard case .done(let done) = first else {
      Issue.record("the first transaction met a conflict")
      return
    }
    #expect(done.conditionsHeld && done.revision == 1)
    #expect(done.written.map(\.version) == [1, 1])
    let second = try metadata.transact(
      when: [.exists("c", "a", false)], changes, otherwise: [.put("c", "z", 1)])
    guard case .done(let other) = second else {
      Issue.record("the second transaction met a conflict")
      return
    }
    #expect(!other.conditionsHeld && other.written.count == 1)
    let conditions: [RecordCondition] = [
      .version("c", "a", 1), .modified("c", "a", is: .less, 2),
      .field("c", "b", "n", is: .atLeast, 2),
    ]
    try metadata.transact(when: conditions, [.put("c", "y", 0), .remove("c", "z")])
    #expect(try metadata.list("c").map(\.key) == ["a", "b", "y"])
    let third = try metadata.transact([.put("c", "x", 0), .put("c", "a", 0, expect: .absent)])
    guard case .conflict(let current) = third else {
      Issue.record("the third transaction met no conflict")
      return
    }
    #expect(current?.value == 1)
    #expect(try metadata.get("c", "x") == nil)
    let error = #expect(throws: PluginError.self) { try metadata.transact([.remove("c", "x")]) }
    #expect(error?.code == .notFound)
  }

  @Test func `Records are removed when their time is over, and a watch tells so`() throws {
    let host = try TestHost()
    let metadata = host.context.metadata
    let seen = Mutex<[Record]>([])
    try metadata.watch("c", key: "k") { record in seen.withLock { $0.append(record) } }
    try metadata.put("c", "k", 1, expiry: .after(.seconds(5)))
    try metadata.put("c", "kk", 1, expiry: .at(nanoseconds: 6_000_000_000))
    #expect(try metadata.get("c", "k")?.expires == 5_000_000_000)
    host.advance(milliseconds: 4_999)
    #expect(try metadata.list("c").count == 2)
    host.advance(milliseconds: 1)
    #expect(try metadata.list("c").map(\.key) == ["kk"])
    #expect(seen.withLock { $0.map(\.isExpired) } == [false, true])
    #expect(seen.withLock { $0.last?.revision } == 3)
  }

  @Test func `What was is told by history, reads at a revision, and snapshots`() throws {
    let metadata = try TestHost().context.metadata
    try metadata.put("c", "k", 1)
    let snapshot = try metadata.snapshot()
    try metadata.put("c", "k", 2)
    try metadata.remove("c", "k")
    for key in ["a", "b", "d"] { try metadata.put("c", key, 0) }
    #expect(snapshot.revision == 1)
    #expect(try snapshot.get("c", "k")?.value == 1)
    #expect(try snapshot.get("c", "a") == nil)
    #expect(try snapshot.list("c").map(\.key) == ["k"])
    #expect(try metadata.history("c", "k").map(\.isDeleted) == [true, false, false])
    #expect(try metadata.history("c", "k", limit: 2).map(\.revision) == [3, 2])
    #expect(try metadata.get("c", "k", at: 2)?.value == 2)
    #expect(try metadata.get("c", "k", at: 3) == nil)
    #expect(throws: PluginError.self) { try metadata.get("c", "k", at: 99) }
    #expect(try metadata.list("c", after: "a", limit: 1).map(\.key) == ["b"])
    try metadata.flush()
  }

  @Test func `Queries find records and rows, page by page, and say how`() throws {
    let metadata = try TestHost().context.metadata
    for (key, age) in [("a", 30), ("b", 20), ("c", 40)] {
      try metadata.put("people", key, ["age": .int(Int64(age)), "city": "Wien"])
    }
    let first = try metadata.query(
      "from people where age >= :age order by age limit 1", ["age": 25])
    #expect(first.records.map(\.key) == ["a"])
    let second = try metadata.query(
      "from people where age >= :age order by age limit 1", ["age": 25], after: first.cursor)
    #expect(second.records.map(\.key) == ["c"] && second.cursor == nil)
    let rows = try metadata.query("select city, count() from people group by city")
    #expect(rows.records.map(\.value) == [["city": "Wien", "count()": 3]])
    #expect(try metadata.explain("from people where age > 1").contains("people"))
    let snapshot = try metadata.snapshot()
    try metadata.remove("people", "a")
    #expect(try snapshot.query("from people").records.count == 3)
    #expect(try metadata.query("from people where age > ?", [30]).records.map(\.key) == ["c"])
    let error = #expect(throws: PluginError.self) { try metadata.query("from people wehre x = 1") }
    #expect(error?.message.contains("did you mean \"where\"?") == true)
  }

  @Test func `Collections are defined, and tell their definition`() throws {
    let metadata = try TestHost().context.metadata
    #expect(try metadata.definition(of: "people") == nil)
    #expect(try metadata.define("people", #"{"version": 2, "unique": ["email"]}"#) == 2)
    #expect(try metadata.definition(of: "people")?.contains("email") == true)
    #expect(throws: PluginError.self) { try metadata.define("people", "{}") }
  }
}
