import HostSupport
import Testing

@testable import MetadataStore

@Suite("A report on a definition")
struct DefinitionReportTests {
  private func snapshot(_ values: [String]) throws -> MetadataSnapshot {
    let records = try values.enumerated().map { index, value in
      MetadataRecord(
        collection: "accounts", key: "k\(index)", value: try SchemaText.value(value), version: 1,
        created: 1, modified: 1)
    }
    return MetadataSnapshot(StoreRoot(revision: 1, ["accounts": records]))
  }

  @Test("tells how many records would not fit, and of the first of them why")
  func tellsMisfits() throws {
    let definition = try SchemaText.definition(
      """
      {"version":2,"unique":["e"],"references":{"r":"accounts"},
       "schema":{"properties":{"n":{"type":"integer"},"d":{"default":1}},"required":["n"]}}
      """)
    let snapshot = try snapshot([
      #"{"n":1,"e":"x","r":"k1"}"#, #"{"n":"1","e":"x"}"#, #"{"e":5,"r":"nobody"}"#,
      #"{"n":1,"r":5}"#,
      #"{"n":1,"d":2}"#,
    ])
    let report = definition.report(on: snapshot, from: nil, atMost: 3)
    #expect(report.records == 5 && report.misfits == 3 && report.rewritten == 0)
    #expect(
      report.first == [
        .init(
          key: "k1",
          reasons: [
            "/n must be a whole number, not the string \"1\"",
            "its e must be unique, but k0 has \"x\" too",
          ]),
        .init(
          key: "k2",
          reasons: [
            "/n is missing; it is required", "its r names accounts/nobody, which does not exist",
          ]),
        .init(
          key: "k3", reasons: ["/r must be the key of a record of accounts, not the number 5"]),
      ])
    #expect(report.verdict.hasPrefix("it would be refused: version 2 of the definition"))
    #expect(definition.report(on: snapshot, from: nil, atMost: 1).first.count == 1)
    #expect(
      report.json["first"]?.array?[2].text()
        == #"{"key":"k3","reasons":["/r must be the key of a record of accounts, not the number 5"]}"#
    )
  }

  @Test(
    "says what putting the definition in place would do",
    arguments: [
      (#"{"version":1}"#, 0, "it is the definition that is there"),
      (#"{"version":2,"ttl":5}"#, 0, "it is compatible: records stay as they are"),
      (
        #"{"version":2,"migrations":[{"from":1,"steps":[{"set":{"field":"x","value":1}}]}]}"#, 2,
        "records are migrated"
      ),
      (
        #"{"version":1,"ttl":5}"#, 0,
        "it would be refused: the definition of collection accounts is another one, but still version "
          + "1; make it version 2"
      ),
    ])
  func verdicts(new: String, rewritten: Int, expected: String) throws {
    let report = try SchemaText.definition(new).report(
      on: snapshot(["{}", #"{"x":2}"#]), from: SchemaText.definition(#"{"version":1}"#))
    #expect(report.verdict == expected)
    #expect(report.rewritten == rewritten && report.misfits == 0)
  }

  @Test(
    "tells the step of a migration that fails, and what does not fit a definition that is there")
  func tellsFailures() throws {
    let migrating = try SchemaText.definition(
      #"{"version":2,"migrations":[{"from":1,"steps":[{"convert":{"field":"x","to":"date"}}]}]}"#)
    let snapshot = try snapshot([#"{"x":true}"#])
    let old = try SchemaText.definition(#"{"version":1}"#)
    #expect(
      migrating.report(on: snapshot, from: old).first == [
        .init(
          key: "k0",
          reasons: [
            "step 1 of the migration from version 1: /x cannot become a date, being true"
          ])
      ])
    let present = try SchemaText.definition(
      #"{"version":1,"schema":{"properties":{"x":{"type":"date"},"y":{"default":1}},"required":["y"]}}"#
    )
    #expect(
      present.report(on: snapshot, from: present).first == [
        .init(
          key: "k0", reasons: ["/x must be a date, not true", "/y is missing; it is required"])
      ])
  }

  @Test("is made of definitions that a store has; what is none is told and left out")
  func readsCatalog() throws {
    let good = try SchemaText.definition(#"{"version":3,"references":{"a":"b"}}"#)
    let record = { (key: String, value: MetadataValue) in
      MetadataRecord(
        collection: CollectionDefinition.reserved, key: key, value: value, version: 1, created: 1,
        modified: 1)
    }
    let snapshot = MetadataSnapshot(
      StoreRoot(
        revision: 1,
        [CollectionDefinition.reserved: [record("accounts", good.value), record("bad", .null)]]))
    var refused: [String] = []
    let catalog = CollectionCatalog(of: snapshot) { refused.append($0.description) }
    #expect(catalog.all == [good] && catalog["accounts"] == good && catalog["bad"] == nil)
    #expect(refused == ["the definition of collection bad: must be an object, not null"])
    #expect(catalog.isConstrained("b") && catalog.isConstrained("accounts"))
    #expect(!catalog.isConstrained("bad"))
  }
}
