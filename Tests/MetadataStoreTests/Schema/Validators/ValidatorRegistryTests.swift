import HostSupport
import Synchronization
import TestSupport
import Testing

@testable import MetadataStore

@Suite("Validators")
struct ValidatorRegistryTests {
  private let snapshot = MetadataSnapshot(StoreRoot(revision: 7))

  private func put(_ collection: String, _ key: String, _ value: String) throws -> ProposedWrite {
    ProposedWrite(
      collection: collection, key: key, old: nil, new: try SchemaText.value(value))
  }

  /// What the validators make of writes, in words.
  private func words(
    _ registry: ValidatorRegistry, _ writes: [ProposedWrite], schema: String = "{}"
  ) throws -> String {
    let schema = try SchemaText.schema(schema)
    do throws(MetadataError) {
      let amended = try registry.review(writes, snapshot: snapshot) {
        (place, value) throws(MetadataError) in
        if let violation = schema.violation(in: value) { throw .invalid(violation.description) }
        return try schema.filling(value) ?? value
      }
      return amended.sorted { $0.key < $1.key }
        .map { "\($0.key): \($0.value.json.text())" }.joined(separator: ", ")
    } catch {
      return error.description
    }
  }

  @Test("are asked in the order of their priorities, each about its collections")
  func order() throws {
    let registry = ValidatorRegistry()
    let kept = try [
      ("low", "a.*", -1), ("high", ">", 5), ("first", "a.b", 0), ("second", "a.>", 0),
    ]
    .map { (name, pattern, priority) in
      try ScriptedValidator(name, pattern, priority: Int32(priority))
    }
    for validator in kept { try registry.add(validator) }
    #expect(registry.all.map(\.name) == ["high", "first", "second", "low"])
    let writes = try [put("a.b", "1", "1"), put("c", "2", "2")]
    #expect(try words(registry, writes).isEmpty)
    #expect(kept[1].seen.withLock { $0 } == ["a.b/1 - → 1", "c/2 - → 2"])
    #expect(kept[2].seen.withLock { $0 } == ["a.b/1 - → 1"])
    #expect(registry.all.map(\.reviews) == [1, 1, 1, 1])
    #expect(try words(registry, [put("x", "1", "1")]).isEmpty)
    #expect(registry.all.map(\.reviews) == [2, 1, 1, 1])
  }

  @Test("see the record before, the value after, and the store as readers see it")
  func sees() throws {
    let registry = ValidatorRegistry()
    let revision = Mutex<UInt64>(0)
    let validator = try ScriptedValidator("v") { _, snapshot in
      revision.withLock { $0 = snapshot.revision }
      return .accept
    }
    try registry.add(validator)
    let old = MetadataRecord(
      collection: "a", key: "k", value: .int(1), version: 1, created: 1, modified: 1)
    _ = try registry.review(
      [
        ProposedWrite(collection: "a", key: "k", old: old, new: .int(2)),
        ProposedWrite(collection: "a", key: "k", old: old, new: nil),
      ], snapshot: snapshot
    ) { (_, value) throws(MetadataError) in value }
    #expect(validator.seen.withLock { $0 } == ["a/k 1 → 2", "a/k 1 → -"])
    #expect(revision.withLock { $0 } == 7)
  }

  @Test("amend values, which later ones see and which are checked again")
  func amends() throws {
    let registry = ValidatorRegistry()
    try registry.add(
      ScriptedValidator("a", "x", priority: 2) { _, _ in .amend([0: .map(["n": .int(5)])]) })
    let later = try ScriptedValidator("b", priority: 1)
    try registry.add(later)
    let writes = try [put("y", "0", "{}"), put("x", "1", "{}")]
    let schema = #"{"properties":{"n":{"type":"integer"},"m":{"default":1}}}"#
    #expect(try words(registry, writes, schema: schema) == #"1: {"m":1,"n":5}"#)
    #expect(later.seen.withLock { $0 } == ["y/0 - → {}", #"x/1 - → {"m":1,"n":5}"#])
    #expect(registry.all.map(\.amendments) == [1, 0])
    #expect(
      try words(registry, writes, schema: #"{"properties":{"n":{"type":"string"}}}"#)
        == #"validator "a" amended x/1 so that it cannot be written: /n must be a string, not the number 5"#
    )
  }

  @Test("cannot amend what is no put")
  func amendsPutsOnly() throws {
    let registry = ValidatorRegistry()
    try registry.add(ScriptedValidator("a") { _, _ in .amend([0: .null]) })
    let removal = ProposedWrite(collection: "x", key: "1", old: nil, new: nil)
    #expect(
      try words(registry, [removal])
        == #"validator "a" amended write 0 of 1, which is no put; mend or remove the validator"#)
  }

  @Test("refuse a transaction with their reason, which is counted and told")
  func vetoes() throws {
    let incidents = Mutex<[ValidatorIncident]>([])
    let registry = ValidatorRegistry { incident in incidents.withLock { $0.append(incident) } }
    let unasked = try ScriptedValidator("later", priority: -1)
    try registry.add(unasked)
    try registry.add(
      ScriptedValidator("limits", "orders") { _, _ in .veto("over the credit limit") })
    let writes = try [put("a", "0", "1"), put("orders", "7", "1")]
    #expect(
      try words(registry, writes)
        == #"validator "limits" refused to let orders/7 be written: over the credit limit"#)
    #expect(unasked.seen.withLock { $0.isEmpty })
    #expect(registry.all[0].vetoes == 1)
    #expect(
      incidents.withLock { $0 } == [
        .vetoed(
          validator: "limits", collection: "orders", key: "7", reason: "over the credit limit")
      ])
  }

  @Test("that take too long have the write refused, and are suspended after three times in a row")
  func suspends() throws {
    let incidents = Mutex<[ValidatorIncident]>([])
    let registry = ValidatorRegistry { incident in incidents.withLock { $0.append(incident) } }
    let gate = Gate()
    defer { gate.open() }
    let slow = try ScriptedValidator("slow", budget: 20) { _, _ in
      gate.pass()
      return .veto("too late")
    }
    try registry.add(slow)
    let late =
      #"validator "slow" did not judge a/1 within its budget of 20 ms, so nothing was written; try "#
      + "again, or remove the validator"
    for _ in 0..<3 { #expect(try words(registry, [put("a", "1", "1")]) == late) }
    // One hangs, and nobody waits for it again.
    #expect(slow.seen.withLock { $0.count } <= 1)
    #expect(registry.all[0].isSuspended && registry.all[0].overruns == 3)
    let overran = ValidatorIncident.overran(validator: "slow", collection: "a", key: "1")
    #expect(
      incidents.withLock { $0 } == [overran, overran, overran, .suspended(validator: "slow")])
    // It is passed unseen from now on, and that is counted.
    #expect(try words(registry, [put("a", "1", "1")]).isEmpty)
    #expect(registry.all[0].skipped == 1)
    // Its late verdict is nobody's; resumed, it judges again.
    gate.open()
    #expect(
      try Condition.holds {
        registry.resume("slow")
        return try words(registry, [put("a", "1", "1")])
          == #"validator "slow" refused to let a/1 be written: too late"#
      })
    #expect(!registry.all[0].isSuspended)
  }

  @Test("that are required let nothing pass while they are suspended")
  func required() throws {
    let registry = ValidatorRegistry()
    let gate = Gate()
    defer { gate.open() }
    try registry.add(
      ScriptedValidator("strict", budget: 1, isRequired: true) { _, _ in
        gate.pass()
        return .accept
      })
    for _ in 0..<3 { _ = try words(registry, [put("a", "1", "1")]) }
    #expect(
      try words(registry, [put("a", "1", "1")])
        == #"validator "strict" is suspended after 3 overruns, and nothing may pass it unseen; reload its "#
        + "plugin, or resume or remove it")
    #expect(registry.remove("strict"))
    #expect(try words(registry, [put("a", "1", "1")]).isEmpty)
  }

  @Test("that are installed replace those that were, with their figures; others stay")
  func installs() throws {
    let registry = ValidatorRegistry()
    let writes = [try put("c", "a", "1")]
    try registry.add(ScriptedValidator("own", priority: 5))
    let first = try ScriptedValidator("p/v", budget: 1000) { _, _ in .veto("no") }
    let kept = try ScriptedValidator("q/v", priority: 9)
    registry.install([kept, first])
    #expect(registry.all.map(\.name) == ["q/v", "own", "p/v"])
    #expect(try words(registry, writes).hasSuffix("no"))
    registry.install([kept, try ScriptedValidator("p/v", budget: 700)])
    #expect(registry.all.map(\.budget) == [10_000, 10_000, 700])
    #expect(registry.all.map(\.vetoes) == [0, 0, 1] && registry.all[2].reviews == 1)
    #expect(try words(registry, writes) == "")
    #expect(registry.all[2].reviews == 2)
    registry.install([])
    #expect(registry.all.map(\.name) == ["own"])
  }

  @Test("that cannot judge have the write refused with what they say, and are counted")
  func unable() throws {
    let incidents = Mutex<[String]>([])
    let registry = ValidatorRegistry { incident in
      incidents.withLock { $0.append("\(incident)") }
    }
    try registry.add(ScriptedValidator("p/v") { _, _ in .unable(.unavailable("not now")) })
    #expect(try words(registry, [put("c", "a", "1")]) == "not now")
    #expect(registry.all[0].failures == 1)
    #expect(
      incidents.withLock { $0 } == ["validator \"p/v\" could not judge c/a; it was not written"])
  }

  @Test("that are removed while they judge do not hold the write up")
  func removedMeanwhile() throws {
    let registry = ValidatorRegistry()
    let gate = Gate()
    defer { gate.open() }
    try registry.add(
      ScriptedValidator("gone") { _, _ in
        registry.remove("gone")
        gate.pass()
        return .veto("never heard")
      })
    #expect(try words(registry, [put("a", "1", "1")]).isEmpty)
    #expect(registry.all.isEmpty && registry.isEmpty)
  }

  @Test("are refused with a name that is taken or a budget beyond the limits")
  func refuses() throws {
    let registry = ValidatorRegistry()
    try registry.add(ScriptedValidator("a"))
    let taken = MetadataError.invalid("a validator named \"a\" exists; take another name")
    #expect(throws: taken) { try registry.add(ScriptedValidator("a")) }
    let long = MetadataError.invalid("validator \"b\" has a budget of 10001 ms; give 1…10000")
    #expect(throws: long) { try registry.add(ScriptedValidator("b", budget: 10_001)) }
    #expect(!registry.remove("b") && !registry.resume("b"))
  }

  @Test(
    "stand for collections by pattern",
    arguments: [
      ("a.b", ["a.b"]), ("a.*", ["a.b"]), ("a.>", ["a.b", "a.b.c"]), (">", ["a", "a.b", "a.b.c"]),
      ("*.b", ["a.b"]), ("*", ["a"]), ("a.*.c", ["a.b.c"]),
    ])
  func patterns(pattern: String, expected: [String]) throws {
    let pattern = try CollectionPattern(pattern)
    #expect(["a", "a.b", "a.b.c"].filter(pattern.matches) == expected)
  }

  @Test("have no pattern that is malformed", arguments: ["", "a..b", ">.a", "a b", "a.>.*", "."])
  func noPatterns(pattern: String) {
    #expect(throws: MetadataError.self) { try CollectionPattern(pattern) }
  }
}
