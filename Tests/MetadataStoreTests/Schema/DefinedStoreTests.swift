import HostSupport
import Synchronization
import TestSupport
import Testing

@testable import MetadataStore

@Suite("A store with constraints")
struct DefinedStoreTests {
  private func define(_ store: MetadataStore, _ collection: String, _ text: String) throws {
    try store.define(SchemaText.definition(text, of: collection))
  }

  private func write(
    _ collection: String, _ key: String, _ value: String
  ) throws -> MetadataWrite {
    MetadataWrite(
      collection: collection, key: key, value: try SchemaText.value(value), durability: .memory)
  }

  @Test("lets a record name itself as it is created")
  func namesItself() throws {
    let store = try MetadataStore()
    try define(store, "accounts", #"{"version":1,"references":{"boss":"accounts"}}"#)
    try store.put(write("accounts", "eve", #"{"boss":"eve"}"#))
    try store.remove("accounts", "eve")
    #expect(store.snapshot.count(in: "accounts") == 0)
  }

  @Test("keeps what others name, and refuses what leads nowhere")
  func references() throws {
    let store = try MetadataStore()
    try define(store, "orders", #"{"version":1,"references":{"owner":"accounts"}}"#)
    #expect(
      words { try store.put(write("orders", "1", #"{"owner":"ada"}"#)) }.hasPrefix(
        "orders/1 does not fit the definition of orders: its owner names accounts/ada"))
    try store.transaction([
      write("orders", "1", #"{"owner":"ada"}"#), write("accounts", "ada", "{}"),
    ])
    #expect(
      words { try store.remove("accounts", "ada") }.hasPrefix(
        "accounts/ada cannot be removed: orders/1 names it in its owner"))
    try store.put(write("orders", "1", "{}"))
    try store.remove("accounts", "ada")
  }

  @Test("keeps its constraints when it could not save, and over a restart")
  func survives() throws {
    let provider = ScriptedProvider()
    let store = try MetadataStore(provider)
    try define(store, "accounts", #"{"version":1,"unique":["email"]}"#)
    provider.state.update { $0.isFailing = true }
    let unsaved = MetadataWrite(
      collection: "accounts", key: "a", value: try SchemaText.value(#"{"email":"x"}"#))
    #expect(words { try store.put(unsaved) }.contains("No space left"))
    #expect(
      words { try define(store, "accounts", #"{"version":2}"#) }.contains("No space left"))
    #expect(store.definition(of: "accounts")?.version == 1)
    provider.state.update { $0.isFailing = false }
    try store.put(
      MetadataWrite(
        collection: "accounts", key: "b", value: try SchemaText.value(#"{"email":"x"}"#)))
    let folder = TemporaryDirectory()
    do {
      let first = try MetadataStore(FileProvider(path: folder.path))
      try define(first, "accounts", #"{"version":1,"unique":["email"]}"#)
      try first.put(write("accounts", "a", #"{"email":"x"}"#))
      try first.close()
    }
    let second = try MetadataStore(FileProvider(path: folder.path))
    #expect(
      words { try second.put(write("accounts", "b", #"{"email":"x"}"#)) }.contains(
        #"accounts/a has "x" too"#))
    try second.close()
  }

  @Test("does not take a definition whose conditions do not hold")
  func conditions() throws {
    let store = try MetadataStore()
    let definition = try SchemaText.definition(#"{"version":1,"unique":["email"]}"#)
    let write = MetadataWrite(
      collection: CollectionDefinition.reserved, key: "accounts", value: definition.value)
    let condition = MetadataCondition("flags", "ready", .exists(true))
    let receipt = try store.transaction(MetadataTransaction(when: [condition], [write]))
    #expect(!receipt.conditionsHeld)
    #expect(store.definition(of: "accounts") == nil)
    try store.put(self.write("accounts", "a", #"{"email":"x"}"#))
    try store.put(self.write("accounts", "b", #"{"email":"x"}"#))
  }

  @Test("does not count what a refused transaction of a group would have added")
  func quotaOfRefused() throws {
    let old = MetadataRecord(
      collection: "a", key: "old", value: .null, version: 1, created: 1, modified: 1)
    let feed = Feed(StoreRoot(revision: 1, ["a": [old]]), historyCapacity: 16)
    let draft = Draft(isSingle: false, after: 1, now: 0, on: feed)
    let checks = CountingChecks()
    let transaction = MetadataTransaction([try write("a", "new", "1")])
    #expect(throws: MetadataError.self) { try draft.add(transaction, checks: checks) }
    checks.isRefusing.withLock { $0 = false }
    _ = try draft.add(transaction, checks: checks)
    _ = try draft.add(MetadataTransaction([try write("a", "next", "1")]), checks: checks)
    #expect(checks.seen.withLock { $0 } == [0, 0, 1])
  }

  /// Notes what others of the group add, adds one record, and lets nothing pass at first.
  private final class CountingChecks: DraftChecks {
    let isRefusing = Mutex(true)
    let seen = Mutex<[Int]>([])
    let hasConstraints = true

    func prepare(_ write: MetadataWrite) -> Draft.Amendment { Draft.Amendment() }

    func review(_ changes: [MetadataChange]) -> [Int: PackedValue] { [:] }

    func bound(_ changes: [MetadataChange], _ others: inout [String: Usage]) {
      let present = others["a"] ?? Usage()
      seen.withLock { $0.append(present.records) }
      others["a"] = present + Usage(records: 1)
    }

    func admit(_ changes: [MetadataChange], _ draft: Draft) throws(MetadataError) {
      if isRefusing.withLock({ $0 }) { throw .invalid("refused") }
    }
  }

  @Test("removes an expired record once nobody names it any more")
  func expires() throws {
    let store = try MetadataStore()
    try define(store, "orders", #"{"version":1,"references":{"owner":"accounts"}}"#)
    try store.put(
      MetadataWrite(
        collection: "accounts", key: "ada", value: .null, durability: .memory,
        expiry: .after(1_000_000)))
    try store.put(write("orders", "1", #"{"owner":"ada"}"#))
    // Another one that expires later is gone: the first was due before.
    try store.put(
      MetadataWrite(
        collection: "accounts", key: "bob", value: .null, durability: .memory,
        expiry: .after(2_000_000)))
    #expect(Condition.holds { store.get("accounts", "bob") == nil })
    #expect(store.get("accounts", "ada") != nil)
    try store.remove("orders", "1")
    #expect(Condition.holds { store.get("accounts", "ada") == nil })
  }

  @Test("lets one of many who want the same key have it, and nobody name what is being removed")
  func races() throws {
    let store = try MetadataStore()
    try define(store, "accounts", #"{"version":1,"unique":["email"]}"#)
    try define(store, "orders", #"{"version":1,"references":{"owner":"accounts"}}"#)
    let rounds = 200
    let won = Mutex<[Int]>(Array(repeating: 0, count: rounds))
    let threads = try (0..<6).map { worker in
      try Thread(name: "racer") {
        for round in 0..<rounds {
          let value = MetadataValue.map(["email": .string("\(round)@x")])
          let put = MetadataWrite(
            collection: "accounts", key: "\(worker)-\(round)", value: value, durability: .memory)
          if (try? store.put(put)) != nil { won.withLock { $0[round] += 1 } }
          let owner = "\((worker + 1) % 6)-\(round)"
          let order = MetadataWrite(
            collection: "orders", key: "\(worker)-\(round)", value: .map(["owner": .string(owner)]),
            durability: .memory)
          _ = try? store.put(order)
          _ = try? store.remove("accounts", owner, durability: .memory)
          if round.isMultiple(of: 3) {
            _ = try? store.remove("orders", "\(worker)-\(round)", durability: .memory)
          }
        }
      }
    }
    for thread in threads { thread.join() }
    #expect(won.withLock { $0.allSatisfy { $0 >= 1 } })
    let snapshot = store.snapshot
    let emails = snapshot.list("accounts").map(\.value)
    #expect(Set(emails).count == emails.count)
    for order in snapshot.list("orders") {
      guard case .map(let members) = order.value, case .string(let owner)? = members["owner"] else {
        continue
      }
      #expect(snapshot.get("accounts", owner) != nil, "\(order)")
    }
    #expect(snapshot.count(in: "orders") > 0)
  }

  @Test("says of each definition what its records would be")
  func reports() throws {
    let store = try MetadataStore()
    try store.put(write("accounts", "a", #"{"n":"x"}"#))
    let definition = try SchemaText.definition(
      #"{"version":1,"schema":{"properties":{"n":{"type":"integer"}}}}"#)
    let report = definition.report(on: store.snapshot, from: nil)
    #expect(report.misfits == 1)
    #expect(report.verdict.hasPrefix("it would be refused"))
    #expect(words { try store.define(definition) }.contains("is not compatible"))
  }
}
