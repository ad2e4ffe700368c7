import HostSupport
import TestSupport
import Testing

@testable import MetadataStore

@Suite("A collection that is defined")
struct DefinitionTests {
  private let store: MetadataStore

  init() throws { store = try MetadataStore() }

  private func define(_ json: String, _ collection: String = "users") throws {
    let definition = try CollectionDefinition(
      collection: collection, json: JSON(parsing: Array(json.utf8)))
    try store.define(definition)
  }

  private func put(_ key: String, _ members: [String: MetadataValue]) throws {
    try store.put(MetadataWrite(collection: "users", key: key, value: .map(members)))
  }

  private func keys(_ index: Int = 0) -> [String] {
    var keys: [String] = []
    store.snapshot.root.collections["users"]?.indexes[index].entries.forEach { entry in
      keys.append(entry.record.key)
      return true
    }
    return keys
  }

  @Test("holds writes against its schema and fills defaults in")
  func schema() throws {
    try define(
      """
      {"version": 1, "schema": {"type": "object", "required": ["age"],
        "properties": {"age": {"type": "integer", "minimum": 0}, "city": {"type": "string", "default": "Wien"}}}}
      """)
    try put("a", ["age": .int(3)])
    #expect(store.get("users", "a")?.value == .map(["age": .int(3), "city": .string("Wien")]))
    #expect(
      words { try put("b", ["age": .int(-1)]) }
        == "users/b does not fit the definition of users: /age must be at least 0, not -1")
    #expect(store.get("users", "b") == nil)
  }

  @Test("keeps unique fields unique, also within a transaction and a group")
  func unique() throws {
    try define(#"{"version": 1, "unique": ["mail"]}"#)
    try put("a", ["mail": .string("x@y")])
    #expect(words { try put("b", ["mail": .string("x@y")]) }.contains("must be unique"))
    try store.transaction([
      .removing("a", from: "users"),
      MetadataWrite(collection: "users", key: "b", value: .map(["mail": .string("x@y")])),
    ])
    #expect(store.get("users", "b") != nil)
    #expect(words { try put("a", ["mail": .string("x@y")]) }.contains("users/b has"))
  }

  @Test("refuses an incompatible version without a migration, and migrates with one")
  func migration() throws {
    try define(#"{"version": 1, "schema": {"properties": {"n": {"type": "string"}}}}"#)
    try put("a", ["n": .string("41")])
    let incompatible = words {
      try define(#"{"version": 2, "schema": {"properties": {"n": {"type": "integer"}}}}"#)
    }
    #expect(incompatible.contains("is not compatible"), "\(incompatible)")
    #expect(store.definition(of: "users")?.version == 1)
    try define(
      """
      {"version": 2, "schema": {"properties": {"n": {"type": "integer"}}},
       "migrations": [{"from": 1, "steps": [{"convert": {"field": "n", "to": "integer"}}]}]}
      """)
    let record = try #require(store.get("users", "a"))
    #expect(record.value == .map(["n": .int(41)]))
    #expect(record.version == 2)
    #expect(record.modified == store.get("dovetail.collections", "users")?.modified)
  }

  @Test("indexes what is there, what is written, and forgets what is removed")
  func indexes() throws {
    for (key, age) in [("a", 5), ("b", 3), ("c", 9)] { try put(key, ["age": .int(Int64(age))]) }
    try define(#"{"version": 1, "indexes": [{"field": "age"}, {"tags": "tags"}]}"#)
    #expect(keys() == ["b", "a", "c"])
    try put("b", ["age": .int(7), "tags": .list([.string("z"), .string("a")])])
    try put("d", ["age": .double(6.5), "tags": .list([.string("m")])])
    try put("e", ["name": .string("has none")])
    #expect(keys() == ["a", "d", "b", "c"])
    #expect(keys(1) == ["b", "d", "b"])
    try store.remove("users", "d")
    #expect(keys() == ["a", "b", "c"])
    #expect(keys(1) == ["b", "b"])
  }

  @Test("builds the index of a large collection beside the writer")
  func largeIndex() throws {
    let count = IndexBuilder.threshold + 500
    for start in stride(from: 0, to: count, by: 5000) {
      try store.transaction(
        (start..<min(start + 5000, count)).map { number in
          MetadataWrite(
            collection: "users", key: "k\(number)", value: .map(["n": .int(Int64(count - number))]))
        })
    }
    try define(#"{"version": 1, "indexes": [{"field": "n"}]}"#)
    try put("k0", ["n": .int(-5)])
    try store.remove("users", "k1")
    #expect(store.waitForIndexes(until: .after(milliseconds: 20_000)))
    let found = keys()
    #expect(found.count == count - 1)
    #expect(found.first == "k0")
    #expect(found.last == "k2")
  }

  @Test("gets no index twice when it is defined again while that is built")
  func redefinedWhileBuilt() throws {
    let count = IndexBuilder.threshold + 1
    try store.transaction(
      (0..<count).map { number in
        MetadataWrite(
          collection: "users", key: "k\(number)",
          value: .map(["n": .int(Int64(number)), "m": .int(0)]))
      })
    try define(#"{"version": 1, "indexes": [{"field": "n"}]}"#)
    try define(#"{"version": 2, "indexes": [{"field": "n"}, {"field": "m"}]}"#)
    try define(#"{"version": 3, "indexes": [{"field": "m"}]}"#)
    try define(#"{"version": 4, "indexes": [{"field": "m"}, {"field": "n"}]}"#)
    #expect(store.waitForIndexes(until: .after(milliseconds: 20_000)))
    let indexes = store.snapshot.root.collections["users"]?.indexes ?? []
    #expect(indexes.map { "\($0.definition.path)" }.sorted() == ["m", "n"])
    #expect(indexes.allSatisfy { $0.entries.count == count })
  }

  @Test("has records expire, with a change that says so")
  func expiry() throws {
    let seen = Monitor<[MetadataChange]>([])
    try store.watch("w", collection: "users") { event in
      if case .change(let change) = event { seen.update { $0.append(change) } }
    }
    try store.put(
      MetadataWrite(
        collection: "users", key: "short", value: .int(1), expiry: .after(20_000_000)))
    try store.put(
      MetadataWrite(
        collection: "users", key: "renewed", value: .int(1), expiry: .after(20_000_000)))
    try store.put(MetadataWrite(collection: "users", key: "renewed", value: .int(2)))
    try define(#"{"version": 1, "ttl": 100}"#)
    try put("later", [:])
    let expired = seen.wait(until: .after(milliseconds: 10_000)) { changes in
      changes.first { $0.kind == .expired }
    }
    #expect(expired?.record.key == "short")
    #expect(store.get("users", "short") == nil)
    #expect(store.get("users", "renewed")?.value == .int(2))
    let expires = try #require(store.get("users", "later")?.expires)
    #expect(abs(expires - LogTime.now() - 100_000_000_000) < 10_000_000_000)
  }

  @Test("keeps former values as long as its definition asks, beyond the store's own history")
  func history() throws {
    let store = try MetadataStore(historyCapacity: 4)
    let json = Array(#"{"version": 1, "history": {"count": 3}}"#.utf8)
    try store.define(CollectionDefinition(collection: "users", json: JSON(parsing: json)))
    for number in 1...20 {
      try store.put(MetadataWrite(collection: "users", key: "a", value: .int(Int64(number))))
      try store.put(MetadataWrite(collection: "other", key: "a", value: .int(Int64(number))))
    }
    #expect(store.history("users", "a").map(\.record.value) == [.int(20), .int(19), .int(18)])
    #expect(store.history("other", "a").count < 8)
  }

  @Test("forgets former values that are older than its definition asks, also of other records")
  func oldHistory() throws {
    let json = Array(#"{"version": 1, "history": {"age": 10}}"#.utf8)
    let policy = try #require(
      CollectionDefinition(collection: "users", json: JSON(parsing: json)).history)
    var history = CollectionHistory(policy)
    let start = LogTime.now()
    for number in 0..<3000 {
      let record = MetadataRecord(
        collection: "users", key: "k\(number)", value: .null, version: 1, created: 1, modified: 1)
      history.append(
        MetadataChange(kind: .created, record: record, previous: nil, revision: 1, index: 0),
        at: start + Int64(number) * 1_000_000_000)
    }
    #expect(history.held < 1100)
  }

  @Test("holds no more than its quota, and a namespace no more than its own")
  func quotas() throws {
    try define(#"{"version": 1, "quota": {"records": 1}}"#)
    try put("a", [:])
    #expect(
      words { try put("b", [:]) }
        == "the collection users would have 2 records; at most 1 are allowed by \"quota\" in its "
        + "definition: remove some, or raise it")
    try put("a", ["n": .int(1)])
    store.setQuota(
      NamespaceQuota(namespace: "app", records: 2, bytes: nil, source: "app.json line 7"),
      of: "app")
    let writes = ["app", "app.x", "app.y"].map {
      MetadataWrite(collection: $0, key: "k", value: .null)
    }
    try store.transaction(Array(writes.prefix(2)))
    #expect(
      words { try store.put(writes[2]) }
        == "the collections of app would have 3 records; at most 2 are allowed by app.json line 7: "
        + "remove some, or raise it")
    try store.put(MetadataWrite(collection: "apple", key: "k", value: .null))
  }

  @Test("that a newer program defined keeps that definition until somebody removes it")
  func unreadable() throws {
    let folder = TemporaryDirectory()
    let newer = MetadataValue.map(["version": .int(3), "encryption": .string("age")])
    do {
      let provider = FileProvider(path: folder.file("store"))
      _ = try provider.load { _ in }
      let kept = MetadataRecord(
        collection: CollectionDefinition.reserved, key: "users", value: newer, version: 1,
        created: 1, modified: 1, expires: nil)
      _ = try provider.save(
        PersistenceBatch(revision: 1, operations: [.put(kept)]), durability: .disk)
      try provider.close()
    }
    let store = try MetadataStore(FileProvider(path: folder.file("store")))
    #expect(store.loadReport.notes.contains { $0.contains("/encryption") })
    let own = try CollectionDefinition(collection: "users", json: .object(["version": .int(4)]))
    let error = #expect(throws: MetadataError.self) { try store.define(own) }
    #expect(
      error?.description.hasPrefix(
        "the definition that collection users has cannot be read and was left untouched: ") == true,
      "\(String(describing: error))")
    #expect(store.get(CollectionDefinition.reserved, "users")?.value == newer)
    var dry = DryWriting(store)
    #expect(throws: MetadataError.self) {
      try dry.take(
        MetadataWrite(collection: CollectionDefinition.reserved, key: "users", value: own.value))
    }
    try store.remove(CollectionDefinition.reserved, "users")
    try store.define(own)
    #expect(store.definition(of: "users") == own)
    try store.close()
  }
}
