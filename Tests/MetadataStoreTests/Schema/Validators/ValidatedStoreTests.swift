import HostSupport
import Synchronization
import TestSupport
import Testing

@testable import MetadataStore

@Suite("A store with validators")
struct ValidatedStoreTests {
  private func write(
    _ collection: String, _ key: String, _ value: String
  ) throws -> MetadataWrite {
    MetadataWrite(
      collection: collection, key: key, value: try SchemaText.value(value), durability: .memory)
  }

  @Test("writes what they amend, with defaults, and holds it against schema and constraints")
  func amends() throws {
    let store = try MetadataStore()
    try store.define(
      SchemaText.definition(
        """
        {"version":1,"unique":["n"],
         "schema":{"properties":{"n":{"type":"integer"},"d":{"default":7}},"required":["n"]}}
        """))
    let answer = Mutex<MetadataValue>(.map(["n": .int(1)]))
    try store.validators.add(
      ScriptedValidator("v", "accounts") { _, _ in .amend([0: answer.withLock { $0 }]) })
    try store.put(write("accounts", "a", #"{"n":5}"#))
    #expect(store.get("accounts", "a")?.value == .map(["n": .int(1), "d": .int(7)]))
    #expect(
      words { try store.put(write("accounts", "b", #"{"n":5}"#)) }
        == "accounts/b does not fit the definition of accounts: its n must be unique, but accounts/a "
        + "has 1 too; take another, or change that record first")
    answer.withLock { $0 = .map(["n": .string("x")]) }
    #expect(
      words { try store.put(write("accounts", "b", #"{"n":5}"#)) }
        == #"validator "v" amended accounts/b so that it cannot be written: accounts/b does not fit the "#
        + #"definition of accounts: /n must be a whole number, not the string "x""#)
    answer.withLock { $0 = .double(.nan) }
    #expect(words { try store.put(write("accounts", "b", #"{"n":5}"#)) }.contains("not finite"))
    #expect(store.get("accounts", "b") == nil)
  }

  @Test("shows them a transaction as it would be, and writes nothing of one that is refused")
  func vetoes() throws {
    let store = try MetadataStore()
    try store.put(write("a", "1", "1"))
    let validator = try ScriptedValidator("v", "a") { writes, snapshot in
      // The snapshot is what readers see.
      if snapshot.get("a", "1")?.value != .int(1) { return .veto("no snapshot") }
      return writes.contains { $0.new == .int(13) } ? .veto("unlucky") : .accept
    }
    try store.validators.add(validator)
    let revision = store.snapshot.revision
    #expect(
      words {
        try store.transaction([
          write("b", "1", "1"), write("a", "1", "2"), write("a", "1", "13"),
          .removing("1", from: "a", durability: .memory),
        ])
      } == #"validator "v" refused to let a/1 be written: unlucky"#)
    #expect(validator.seen.withLock { $0 } == ["a/1 1 → 2", "a/1 2 → 13", "a/1 13 → -"])
    #expect(store.snapshot.revision == revision && store.get("b", "1") == nil)
    try store.put(write("a", "1", "1"))
    #expect(store.snapshot.revision > revision)
  }

  @Test("refuses what they write themselves, which would wait for itself")
  func writesWhileJudging() throws {
    let store = try MetadataStore()
    let errors = Mutex<[MetadataError]>([])
    let validator = try ScriptedValidator("v", "a") { [unowned store] _, _ in
      do throws(MetadataError) { try store.remove("b", "k") } catch {
        errors.withLock { $0.append(error) }
      }
      do throws(MetadataError) { try store.flush() } catch {
        errors.withLock { $0.append(error) }
      }
      return .accept
    }
    try store.validators.add(validator)
    try store.put(MetadataWrite(collection: "a", key: "k", value: .int(1)))
    #expect(errors.withLock { $0 } == [.writesWhileJudging, .writesWhileJudging])
    try store.put(MetadataWrite(collection: "b", key: "k", value: .int(1)))
  }

  @Test("goes on committing for others when one of them hangs")
  func hangs() throws {
    let store = try MetadataStore()
    let gate = Gate()
    defer { gate.open() }
    try store.validators.add(
      ScriptedValidator("stuck", "a", budget: 50) { _, _ in
        gate.pass()
        return .accept
      })
    let results = Mutex<[String]>([])
    let threads = try (0..<4).map { number in
      try Thread(name: "writer") {
        let put = MetadataWrite(
          collection: number == 0 ? "a" : "b", key: "\(number)", value: .null, durability: .memory)
        let outcome = words { try store.put(put) }
        results.withLock { $0.append(outcome) }
      }
    }
    for thread in threads { thread.join() }
    #expect(results.withLock { $0.count { $0 == "done" } } == 3)
    #expect(
      results.withLock { $0.contains { $0.hasPrefix(#"validator "stuck" did not judge a/0"#) } })
    for _ in 0..<2 { _ = words { try store.put(write("a", "0", "1")) } }
    #expect(store.validators.all.map(\.isSuspended) == [true])
    try store.put(write("a", "0", "1"))
    #expect(store.validators.all.map(\.skipped) == [1])
  }
}
