import HostSupport
import Testing

@testable import MetadataStore

@Suite("A write of a definition")
struct RedefinitionTests {
  private func record(_ value: String) throws -> MetadataRecord {
    MetadataRecord(
      collection: "accounts", key: "k", value: try SchemaText.value(value), version: 1, created: 1,
      modified: 1)
  }

  private func rewritten(_ new: String, from old: String?, _ value: String) throws -> String {
    do throws(MetadataError) {
      let old = try? old.map { try SchemaText.definition($0) }
      let redefinition = try Redefinition(
        of: "accounts", document: (try? SchemaText.value(new)) ?? .null, from: old, isEmpty: false)
      guard let record = try? record(value) else { return "no record" }
      return try redefinition.rewritten(record)?.json.text() ?? "unchanged"
    } catch {
      return error.description
    }
  }

  private static let filling =
    #"{"version":2,"schema":{"properties":{"a":{"default":1}},"required":["a"],"additionalProperties":false}}"#

  @Test(
    "rewrites the records that it has to",
    arguments: [
      (#"{"version":2,"ttl":5}"#, #"{"a":1}"#, "unchanged"),
      (filling, "{}", #"{"a":1}"#), (filling, #"{"a":5}"#, "unchanged"),
      (
        #"{"version":2,"migrations":[{"from":1,"steps":[{"remove":"a"}]}]}"#, #"{"a":1,"b":2}"#,
        #"{"b":2}"#
      ),
      (
        #"{"version":2,"schema":{"required":["b"]},"migrations":[{"from":1,"steps":[]}]}"#, "{}",
        "record k of collection accounts, version 2: /b is missing; it is required; mend the record or "
          + "the migration"
      ),
      (
        #"{"version":1,"ttl":5}"#, "{}",
        "the definition of collection accounts is another one, but still version 1; make it version 2"
      ),
      (
        #"{"version":2,"tll":5}"#, "{}",
        "the definition of collection accounts at /tll: is not known; did you mean \"ttl\"?"
      ),
    ])
  func rewrites(new: String, value: String, expected: String) throws {
    let old =
      #"{"version":1,"schema":{"properties":{"a":{}},"additionalProperties":\#(new == Self.filling ? "false" : "true")}}"#
    #expect(try rewritten(new, from: old, value) == expected)
  }

  @Test("takes anything for a collection without records, and a removal always")
  func takesAnything() throws {
    let document = try SchemaText.value(#"{"version":1,"unique":["a"],"schema":{"type":"object"}}"#)
    let first = try Redefinition(of: "accounts", document: document, from: nil, isEmpty: true)
    #expect(first.change == .compatible && first.new?.version == 1)
    let none = try Redefinition(of: "accounts", document: nil, from: first.new, isEmpty: false)
    #expect(none.new == nil)
    #expect(try none.rewritten(record("[]")) == nil)
  }
}
