import HostSupport
import Testing

@testable import MetadataStore

@Suite("A transaction")
struct TransactionTests {
  private let store: MetadataStore

  init() throws { store = try MetadataStore() }

  private func write(_ key: String, _ number: Int64) -> MetadataWrite {
    MetadataWrite(collection: "c", key: key, value: .map(["n": .int(number)]))
  }

  @Test("does one list or the other, as its conditions hold")
  func conditions() throws {
    let n = try #require(FieldPath("n"))
    let transaction = MetadataTransaction(
      when: [
        MetadataCondition("c", "a", .exists(true)),
        MetadataCondition("c", "a", .field(n, .atLeast, .double(5))),
      ], [write("a", 0)], otherwise: [write("b", 1)])
    #expect(try !store.transaction(transaction).conditionsHeld)
    try store.put(write("a", 4))
    #expect(try !store.transaction(transaction).conditionsHeld)
    try store.put(write("a", 5))
    let receipt = try store.transaction(transaction)
    #expect(receipt.conditionsHeld)
    #expect(receipt.receipts.map(\.version) == [3])
    #expect(store.get("c", "b")?.version == 2)
  }

  @Test("that writes nothing uses no revision up")
  func nothing() throws {
    try store.put(write("a", 1))
    let receipt = try store.transaction(
      MetadataTransaction(when: [MetadataCondition("c", "z", .exists(true))], [write("z", 1)]))
    #expect(receipt.revision == 1)
    #expect(receipt.receipts.isEmpty)
    #expect(try store.put(write("a", 2)).revision == 2)
  }

  @Test("is remembered: what a record was at a revision, and each of its changes")
  func history() throws {
    try store.put(write("a", 1))
    try store.put(write("b", 1))
    try store.put(write("a", 2))
    try store.remove("c", "a")
    #expect(try store.get("c", "a", at: 0) == nil)
    #expect(try store.get("c", "a", at: 2)?.value == .map(["n": .int(1)]))
    #expect(try store.get("c", "a", at: 3)?.value == .map(["n": .int(2)]))
    #expect(try store.get("c", "a", at: 4) == nil)
    #expect(store.history("c", "a").map(\.kind) == [.removed, .updated, .created])
    #expect(throws: MetadataError.self) { try store.get("c", "a", at: 9) }
  }

  @Test("is seen whole by readers of single records")
  func together() throws {
    try store.transaction([write("a", 0), write("b", 0)])
    let isDone = Monitor(false)
    let thread = try Thread(name: "pairs") { [store] in
      for number in 1...20_000 {
        _ = try? store.transaction([
          self.write("a", Int64(number)), self.write("b", Int64(number)),
        ])
      }
      isDone.update { $0 = true }
    }
    var wrong = 0
    while !isDone.withLock({ $0 }) {
      // `b` read later is never older than `a` read before.
      let first = store.get("c", "a")
      let second = store.get("c", "b")
      if let first, let second, second.modified < first.modified { wrong += 1 }
    }
    thread.join()
    #expect(wrong == 0)
  }

  @Test("goes through every validator, and is amended or vetoed")
  func validators() throws {
    try store.validators.add(try Doubling())
    try store.put(write("a", 4))
    #expect(store.get("c", "a")?.value == .map(["n": .int(8)]))
    do {
      try store.transaction([write("x", 1), write("bad", -1)])
      Issue.record("the veto was ignored")
    } catch {
      #expect("\(error)".contains("doubling"), "\(error)")
    }
    #expect(store.get("c", "x") == nil)
  }
}

private final class Doubling: WriteValidator {
  let name = "doubling"
  let pattern: CollectionPattern
  let priority: Int32 = 0
  let budget = 1000
  let isRequired = true

  init() throws { pattern = try CollectionPattern(">") }

  func review(_ writes: [ProposedWrite], snapshot: MetadataSnapshot) -> WriteVerdict {
    var amended: [Int: MetadataValue] = [:]
    for (place, write) in writes.enumerated() {
      guard case .map(let members) = write.new, case .int(let number) = members["n"] else {
        continue
      }
      if number < 0 { return .veto("n is negative") }
      amended[place] = .map(["n": .int(number * 2)])
    }
    return .amend(amended)
  }
}
