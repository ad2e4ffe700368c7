import HostSupport
import Testing

@testable import MetadataStore

@Suite("A write under a definition")
struct WriteCheckTests {
  private let definitions = [
    "accounts": """
    {"version":1,"unique":["email",["country","number"]],"references":{"boss":"accounts"},
     "schema":{"properties":{"email":{"type":"string"},"rank":{"type":"integer","default":1}}}}
    """,
    "orders": #"{"version":1,"references":{"owner":"accounts","parts.used":"parts"}}"#,
  ]

  private func records() throws -> CheckedRecords {
    var records = try CheckedRecords(definitions)
    try records.put("accounts", "ada", #"{"email":"ada@x","country":"at","number":5}"#)
    try records.put("accounts", "bob", #"{"email":"bob@x","country":"at","number":6}"#)
    try records.put("parts", "bolt", "{}")
    try records.put("orders", "1", #"{"owner":"ada","parts":{"used":["bolt"]}}"#)
    return records
  }

  @Test("gets the defaults that it lacks before it is checked")
  func prepares() throws {
    let records = try records()
    #expect(
      records.records(of: "accounts")[0].value.json.text()
        == #"{"country":"at","email":"ada@x","number":5,"rank":1}"#)
    #expect(records.records(of: "parts")[0].value == .map([:]))
  }

  @Test(
    "is refused where a value does not fit, a key is taken, or a name leads nowhere",
    arguments: [
      (
        "accounts", "eve", #"{"email":5}"#,
        "accounts/eve does not fit the definition of accounts: /email must be a string, not the "
          + "number 5"
      ),
      (
        "accounts", "eve", #"{"email":"bob@x"}"#,
        "accounts/eve does not fit the definition of accounts: its email must be unique, but "
          + #"accounts/bob has "bob@x" too; take another, or change that record first"#
      ),
      (
        "accounts", "eve", #"{"country":"at","number":{"$double":"6.0"}}"#,
        "accounts/eve does not fit the definition of accounts: its country, number must be unique, "
          + #"but accounts/bob has "at", 6 too; take another, or change that record first"#
      ),
      (
        "orders", "2", #"{"owner":"eve"}"#,
        "orders/2 does not fit the definition of orders: its owner names accounts/eve, which does "
          + "not exist; create that record first, or in the same transaction"
      ),
      (
        "orders", "2", #"{"parts":{"used":["bolt","nut"]}}"#,
        "orders/2 does not fit the definition of orders: its parts.used names parts/nut, which does "
          + "not exist; create that record first, or in the same transaction"
      ),
      (
        "orders", "2", #"{"parts":{"used":["bolt",5]}}"#,
        "orders/2 does not fit the definition of orders: /parts/used/1 must be the key of a record "
          + "of parts, not the number 5"
      ),
      ("accounts", "eve", #"{"country":"at","number":null}"#, "done"),
      ("accounts", "eve", #"{"country":"de","number":6}"#, "done"),
      ("accounts", "ada", #"{"email":"ada@x","country":"at","number":5,"x":1}"#, "done"),
      ("accounts", "eve", #"{"boss":"eve"}"#, "done"),
      ("orders", "2", #"{"owner":null,"parts":{"used":[null,"bolt","bolt"]}}"#, "done"),
      ("others", "2", #"{"owner":5}"#, "done"),
    ])
  func checks(collection: String, key: String, value: String, expected: String) throws {
    var records = try records()
    #expect(
      records.words([.put(collection, key, try SchemaText.value(value))]) == expected)
  }

  @Test("that removes what others name is refused, naming one of them")
  func keepsReferenced() throws {
    var records = try records()
    #expect(
      records.words([.remove("accounts", "ada")])
        == "accounts/ada cannot be removed: orders/1 names it in its owner; change or remove that "
        + "record first, or in the same transaction")
    #expect(
      records.words([.remove("parts", "bolt")])
        == "parts/bolt cannot be removed: orders/1 names it in its parts.used; change or remove that "
        + "record first, or in the same transaction")
    #expect(records.words([.remove("accounts", "bob")]) == "done")
    #expect(records.words([.remove("accounts", "ada"), .remove("orders", "1")]) == "done")
  }

  @Test("is judged by what its transaction leaves, in whatever order it is written")
  func judgesTransactions() throws {
    var records = try records()
    let swap: [CheckedRecords.Write] = [
      .put("accounts", "ada", try SchemaText.value(#"{"email":"bob@x"}"#)),
      .put("accounts", "bob", try SchemaText.value(#"{"email":"ada@x"}"#)),
    ]
    #expect(records.words(swap) == "done")
    let forward: [CheckedRecords.Write] = [
      .put("orders", "2", try SchemaText.value(#"{"owner":"eve"}"#)),
      .put("accounts", "eve", try SchemaText.value("{}")),
    ]
    #expect(records.words(forward) == "done")
    let twice: [CheckedRecords.Write] = [
      .put("accounts", "x", try SchemaText.value(#"{"email":"same"}"#)),
      .put("accounts", "y", try SchemaText.value(#"{"email":"same"}"#)),
    ]
    #expect(
      records.words(twice).contains(
        #"its email must be unique, but accounts/x has "same" too"#))
    #expect(records.words(twice + [.remove("accounts", "x")]) == "done")
    let again: [CheckedRecords.Write] = [
      .remove("accounts", "eve"), .put("accounts", "eve", .map([:])),
    ]
    #expect(records.words(again) == "done")
  }

  @Test("leaves no trace when it was refused, or could not be saved")
  func takesBack() throws {
    var records = try records()
    let value = try SchemaText.value(#"{"email":"eve@x","boss":"bob"}"#)
    _ = records.words([.put("accounts", "eve", value), .remove("accounts", "ada")])
    #expect(records.words([.put("accounts", "joe", value)]) == "done")
    #expect(records.words([.remove("accounts", "joe"), .remove("accounts", "bob")]) == "done")
    try records.commit(
      [.put("accounts", "z", try SchemaText.value(#"{"email":"z"}"#))], isSaved: false)
    #expect(
      records.words([.put("accounts", "y", try SchemaText.value(#"{"email":"z"}"#))]) == "done")
  }

  @Test("is checked against the records that were there when the check began")
  func loads() throws {
    let before = try records()
    let catalog = CollectionCatalog(before.check.catalog.all)
    var check = WriteCheck(catalog) { collection, body in
      before.records(of: collection).forEach(body)
    }
    let record = MetadataRecord(
      collection: "accounts", key: "eve", value: .map(["email": .string("ada@x")]), version: 1,
      created: 1, modified: 1)
    let change = MetadataChange(
      kind: .created, record: record, previous: nil, revision: 1, index: 0)
    #expect(throws: MetadataError.self) { try check.admit([change]) { _, _ in nil } }
  }

  @Test("of a definition is checked against the records that are there, and can be taken back")
  func defines() throws {
    var records = try CheckedRecords([:])
    try records.put("a", "1", #"{"n":1}"#)
    try records.put("a", "2", #"{"n":1}"#)
    let definition = try SchemaText.definition(#"{"version":1,"unique":["n"]}"#, of: "a")
    let all = records.records(of: "a").map { ($0, $0) }
    var check = records.check
    do throws(MetadataError) {
      try check.define(definition, of: "a", records: all) { _, _ in nil }
      Issue.record("two records have the same key")
    } catch {
      #expect(
        error.description
          == "a/2 does not fit the definition of a: its n must be unique, but a/1 has 1 too; take "
          + "another, or change that record first")
    }
    #expect(check.catalog.isEmpty)
    try check.define(definition, of: "a", records: [all[0]]) { _, _ in nil }
    #expect(check.catalog["a"] == definition)
    check.takeBack()
    #expect(check.catalog.isEmpty)
  }

  @Test(
    "at random is let through exactly when what it leaves keeps every rule",
    arguments: [1, 2, 3] as [UInt64])
  func agreesWithModel(seed: UInt64) throws {
    var random = SeededRandom(state: seed)
    var records = try CheckedRecords([
      "a": #"{"version":1,"unique":["u",["v","w"]],"references":{"r":"b","s":"a"}}"#,
      "b": #"{"version":1,"unique":["u"],"references":{"r":"a"}}"#,
    ])
    var done = 0
    for _ in 0..<3_000 {
      let writes = (0..<Int.random(in: 1...4, using: &random)).map { _ in Self.write(&random) }
      var model = Self.values(of: records)
      for write in writes {
        switch write {
        case .put(let collection, let key, let value): model["\(collection)/\(key)"] = value
        case .remove(let collection, let key): model["\(collection)/\(key)"] = nil
        }
      }
      let words = records.words(writes)
      #expect((words == "done") == Self.keepsRules(model), "seed \(seed): \(writes): \(words)")
      if words == "done" { done += 1 }
      #expect(Self.keepsRules(Self.values(of: records)))
    }
    #expect((300...2_700).contains(done), "\(done)")
  }

  private static func values(of records: CheckedRecords) -> [String: MetadataValue] {
    Dictionary(records.all.map { ("\($0.collection)/\($0.key)", $0.value) }) { first, _ in first }
  }

  private static func write(_ random: inout SeededRandom) -> CheckedRecords.Write {
    let collection = ["a", "b"].randomElement(using: &random) ?? "a"
    let key = ["1", "2", "3"].randomElement(using: &random) ?? "1"
    guard Int.random(in: 0...3, using: &random) > 0 else { return .remove(collection, key) }
    var members: [String: MetadataValue] = [:]
    for name in ["u", "v", "w"] where Bool.random(using: &random) {
      members[name] = .int(Int64.random(in: 0...3, using: &random))
    }
    for name in ["r", "s"] where Int.random(in: 0...3, using: &random) == 0 {
      members[name] = .string(["1", "2", "3"].randomElement(using: &random) ?? "1")
    }
    return .put(collection, key, .map(members))
  }

  /// Whether records keep the rules, found out by comparing all with all.
  private static func keepsRules(_ records: [String: MetadataValue]) -> Bool {
    let unique = ["a": [["u"], ["v", "w"]], "b": [["u"]]]
    let references = ["a": ["r": "b", "s": "a"], "b": ["r": "a"]]
    for (collection, constraints) in unique {
      let mine = records.filter { $0.key.hasPrefix(collection) }.values
      for fields in constraints {
        let keys = mine.compactMap { value -> [MetadataValue]? in
          guard case .map(let members) = value else { return nil }
          let found = fields.compactMap { members[$0] }
          return found.count == fields.count ? found : nil
        }
        if Set(keys).count != keys.count { return false }
      }
      for (field, target) in references[collection] ?? [:] {
        for case .map(let members) in mine {
          guard case .string(let key)? = members[field] else { continue }
          if records["\(target)/\(key)"] == nil { return false }
        }
      }
    }
    return true
  }
}
