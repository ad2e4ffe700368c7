import HostSupport
@testable import MetadataStore
import Synchronization
import Testing

@Suite struct MetadataStoreTests {
  func put(
    _ key: String, _ number: Int64, _ expectation: MetadataWrite.Expectation = .any
  ) -> MetadataWrite {
    MetadataWrite(collection: "things", key: key, value: .int(number), expectation: expectation)
  }

  @Test("Versions and revisions count up, and a removal ends a record's life")
  func versions() throws {
    let store = try MetadataStore()
    #expect(try store.put(put("a", 1)).version == 1)
    #expect(try store.put(put("b", 1)).revision == 2)
    let receipt = try store.put(put("a", 2))
    #expect(receipt == WriteReceipt(version: 2, revision: 3, durability: .memory))
    let record = try #require(store.get("things", "a"))
    #expect(record.value == .int(2))
    #expect((record.version, record.created, record.modified) == (2, 1, 3))
    #expect(try store.remove("things", "a").version == 0)
    #expect(store.get("things", "a") == nil)
    #expect(try store.put(put("a", 3)).version == 1)
    #expect(store.get("things", "a")?.created == 5)
  }

  @Test("A write whose expectation fails changes nothing and returns the current record")
  func conflicts() throws {
    let store = try MetadataStore()
    try store.put(put("a", 1, .absent))
    let current = store.get("things", "a")
    let failing = [put("a", 2, .absent), put("a", 2, .version(2)), put("a", 2, .version(0))]
    for write in failing {
      let error = #expect(throws: MetadataError.self) { try store.put(write) }
      #expect(error == .conflict(collection: "things", key: "a", current: current))
      #expect(
        error?.description
          == "things/a is at version 1, not as expected; read it and try again")
    }
    let absent = #expect(throws: MetadataError.self) { try store.put(put("b", 1, .version(1))) }
    #expect(absent == .conflict(collection: "things", key: "b", current: nil))
    #expect(
      absent?.description
        == "things/b does not exist, but a version of it was expected; create it first")
    #expect(throws: MetadataError.notFound(collection: "things", key: "b")) {
      try store.remove("things", "b")
    }
    #expect(store.stats.conflicts == 4)
    #expect(store.stats.revision == 1)
    #expect(try store.put(put("a", 2, .version(1))).version == 2)
  }

  @Test("A transaction is all or nothing, and each write sees those before it")
  func transactions() throws {
    let store = try MetadataStore()
    try store.put(put("z", 0))
    #expect(throws: MetadataError.notFound(collection: "things", key: "nobody")) {
      try store.transaction([put("a", 1), .removing("nobody", from: "things")])
    }
    #expect(store.get("things", "a") == nil)
    let receipts = try store.transaction([
      put("a", 1, .absent), put("a", 2, .version(1)), .removing("z", from: "things"),
      put("b", 1),
    ])
    #expect(receipts.map(\.version) == [1, 2, 0, 1])
    #expect(Set(receipts.map(\.revision)) == [2])
    #expect(store.snapshot.list("things").map(\.key) == ["a", "b"])
    #expect(throws: MetadataError.invalid("a transaction of 0 writes; give 1…65536")) {
      try store.transaction([])
    }
  }

  static let names: [(String, String, String?)] = [
    ("a.b-c_1", "any key / with \u{0} é", nil),
    (
      "", "k",
      "\"\" is no name of a collection; use segments of A-Z a-z 0-9 _ - joined by dots"
    ),
    (
      "a..b", "k",
      "\"a..b\" is no name of a collection; use segments of A-Z a-z 0-9 _ - joined by dots"
    ),
    (
      "../x", "k",
      "\"../x\" is no name of a collection; use segments of A-Z a-z 0-9 _ - joined by dots"
    ),
    (
      String(repeating: "c", count: 256), "k",
      "the collection's name has 256 bytes; at most 255 are allowed"
    ),
    ("c", "", "the key is empty; give 1…512 bytes"),
    ("c", String(repeating: "k", count: 512), nil),
    ("c", String(repeating: "é", count: 257), "the key has 514 bytes; at most 512 are allowed"),
  ]

  @Test("Names are checked", arguments: names)
  func naming(collection: String, key: String, message: String?) throws {
    let store = try MetadataStore()
    let write = MetadataWrite(collection: collection, key: key, value: .null)
    guard let message else {
      try store.put(write)
      return
    }
    let error = #expect(throws: MetadataError.self) { try store.put(write) }
    #expect(error?.description == message)
  }

  @Test("Keys are told apart and ordered by their bytes, not as equivalent Unicode")
  func keyBytes() throws {
    let store = try MetadataStore()
    try store.put(put("\u{e9}", 1))
    try store.put(put("e\u{301}", 2))
    try store.put(put("f", 3))
    #expect(store.stats.records == 3)
    #expect(store.get("things", "\u{e9}")?.value == .int(1))
    #expect(store.get("things", "e\u{301}")?.value == .int(2))
    let order = store.snapshot.list("things").map(\.value)
    #expect(order == [.int(2), .int(3), .int(1)])
  }

  @Test("Listing is by prefix, in order, in pages")
  func listing() throws {
    let store = try MetadataStore()
    for key in ["b/2", "a", "b/10", "b", "c", "b/1", "ba"] { try store.put(put(key, 0)) }
    let snapshot = store.snapshot
    #expect(snapshot.list("things").map(\.key) == ["a", "b", "b/1", "b/10", "b/2", "ba", "c"])
    #expect(snapshot.list("things", prefix: "b/").map(\.key) == ["b/1", "b/10", "b/2"])
    #expect(
      snapshot.list("things", prefix: "b/", after: "b/1", limit: 1).map(\.key) == ["b/10"])
    #expect(snapshot.list("things", prefix: "b/", after: "a").count == 3)
    #expect(snapshot.list("things", prefix: "b/", after: "z").isEmpty)
    #expect(snapshot.list("things", limit: 0).isEmpty)
    #expect(snapshot.list("nothing").isEmpty)
    #expect(snapshot.collectionNames == ["things"])
    #expect(snapshot.count(in: "things") == 7)
  }

  @Test("A snapshot never changes")
  func isolation() throws {
    let store = try MetadataStore()
    for number in 0..<100 { try store.put(put("k\(number)", 0)) }
    let before = store.snapshot
    for number in 0..<100 where number % 2 == 0 { try store.remove("things", "k\(number)") }
    for number in 0..<100 where number % 2 == 1 { try store.put(put("k\(number)", 1)) }
    #expect(before.count == 100)
    #expect(before.list("things").allSatisfy { $0.value == .int(0) })
    #expect(store.snapshot.count == 50)
    #expect(store.snapshot.list("things").allSatisfy { $0.value == .int(1) })
    #expect((before.revision, store.snapshot.revision) == (100, 200))
  }

  @Test("A snapshot taken while others write is of one moment")
  func consistency() throws {
    let store = try MetadataStore()
    let stop = Atomic(false)
    let writer = try Thread(name: "writer") {
      var number: Int64 = 0
      while !stop.load(ordering: .relaxed) {
        number += 1
        _ = try? store.transaction([self.put("left", number), self.put("right", number)])
      }
    }
    for _ in 0..<2000 {
      let snapshot = store.snapshot
      let left = snapshot.get("things", "left")
      #expect(left?.value == snapshot.get("things", "right")?.value)
      #expect(left?.modified ?? 0 == snapshot.revision)
    }
    stop.store(true, ordering: .relaxed)
    writer.join()
  }

  @Test("Compare-and-set from several threads loses no update and repeats none")
  func linearizability() throws {
    let store = try MetadataStore()
    let won = Mutex<[UInt64]>([])
    let attempts = Atomic(0)
    try store.put(put("counter", 0))
    let threads = try (0..<4).map { index in
      try Thread(name: "cas-\(index)") {
        for _ in 0..<250 {
          while true {
            guard let current = store.get("things", "counter"), case .int(let n) = current.value
            else { return }
            attempts.add(1, ordering: .relaxed)
            let write = self.put("counter", n + 1, .version(current.version))
            guard let receipt = try? store.put(write) else { continue }
            won.withLock { $0.append(receipt.version) }
            break
          }
        }
      }
    }
    for thread in threads { thread.join() }
    #expect(store.get("things", "counter")?.value == .int(1000))
    #expect(won.withLock { $0.sorted() } == Array(2...1001))
    #expect(store.stats.conflicts == attempts.load(ordering: .relaxed) - 1000)
    #expect(store.stats.revision == 1001)
  }

  @Test("Random writes agree with a dictionary", arguments: [1, 2, 3] as [UInt64])
  func model(seed: UInt64) throws {
    let store = try MetadataStore()
    var model: [String: Int64] = [:]
    var state = seed
    for step in 0..<6000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let key = "key/\(state >> 33 % 1500)"
      // Grow first, then shrink to nothing, so that nodes split and join.
      let grows = step < 3000 ? state >> 20 & 7 != 0 : state >> 20 & 7 == 0
      if grows {
        try store.put(put(key, Int64(step)))
        model[key] = Int64(step)
      } else if model.removeValue(forKey: key) != nil {
        try store.remove("things", key)
      }
    }
    for key in model.keys where key.utf8.last != UInt8(ascii: "7") {
      try store.remove("things", key)
      model[key] = nil
    }
    let records = store.snapshot.list("things")
    #expect(records.map(\.key) == model.keys.sorted())
    #expect(records.allSatisfy { $0.value == model[$0.key].map(MetadataValue.int) })
    #expect(store.stats.records == model.count)
  }

  @Test("A hundred thousand records are held, found and listed in order")
  func manyRecords() throws {
    let store = try MetadataStore()
    let count = 100_000
    for start in stride(from: 0, to: count, by: 1000) {
      try store.transaction(
        (start..<start + 1000).map { put("k\($0 &* 7919 % count)", Int64($0)) })
    }
    #expect(store.stats.records == count)
    #expect(store.snapshot.list("things", prefix: "k9999").count == 11)
    var previous = ""
    var seen = 0
    store.snapshot.forEach(in: "things") { record in
      seen += record.key > previous ? 1 : 0
      previous = record.key
      return true
    }
    #expect(seen == count)
    let before = store.snapshot
    try store.put(put("k5", -1))
    #expect(before.get("things", "k5")?.value != .int(-1))
    #expect(store.get("things", "k5")?.value == .int(-1))
  }

  @Test("Stats count what happened")
  func stats() throws {
    let store = try MetadataStore()
    try store.transaction([put("a", 1), put("b", 1)])
    _ = store.get("things", "a")
    _ = store.get("things", "nobody")
    try store.watch("w", collection: "things") { _ in }
    #expect(
      store.stats
        == MetadataStats(
          records: 2, bytes: store.snapshot.bytes, revision: 1, reads: 2, writes: 2, conflicts: 0,
          watchers: 1, unsaved: 0, unsavedAge: 0, indexes: [], expiring: 0, heldAfter: 0,
          saveFailure: nil))
    #expect((100...400).contains(store.stats.bytes))
  }

  @Test("A closed store still reads, and refuses to write or watch")
  func closing() throws {
    let store = try MetadataStore()
    try store.put(put("a", 1))
    try store.close()
    try store.close()
    #expect(store.get("things", "a") != nil)
    let error = #expect(throws: MetadataError.self) { try store.put(put("a", 2)) }
    #expect(error?.description == "the metadata store is closed")
    #expect(throws: MetadataError.closed) { try store.watch("w", collection: "c") { _ in } }
  }
}
