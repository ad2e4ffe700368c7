import HostSupport
import Testing

@testable import MetadataStore

@Suite("A collection's definition")
struct CollectionDefinitionTests {
  private let whole = """
    {"description":"people","history":{"age":3600,"count":10},
     "indexes":[{"field":"address.city"},{"tags":"tags"},{"category":"category"}],
     "migrations":[{"from":1,"steps":[{"rename":{"from":"mail","to":"email"}},
      {"set":{"field":"born","value":{"$date":"2000-01-01T00:00:00.000000000Z"}}},
      {"remove":"fax\\\\.no"},{"convert":{"field":"number","to":"integer"}}]},
      {"from":3,"steps":[]}],
     "quota":{"bytes":1048576,"records":1000},"references":{"friends":"accounts","owner":"owners"},
     "schema":{"properties":{"email":{"type":"string"}},"required":["email"],"type":"object"},
     "ttl":86400,"unique":["email",["country","number"]],"version":5}
    """.replacing("\n ", with: "").replacing("\n", with: "")

  private func refusal(_ text: String, of collection: String = "accounts") throws -> String {
    let json = try JSON(parsing: text.utf8)
    do throws(CollectionDefinition.Refusal) {
      _ = try CollectionDefinition(collection: collection, json: json)
      return "none"
    } catch {
      return error.description
    }
  }

  @Test("is read from a document and printed to the same one")
  func roundTrip() throws {
    let text = whole.replacing(", {", with: ",{").replacing(",  ", with: ",")
    let json = try JSON(parsing: text.utf8)
    let definition = try CollectionDefinition(collection: "accounts", json: json)
    #expect(definition.json == json)
    #expect(try CollectionDefinition(collection: "accounts", json: definition.json) == definition)
    #expect(definition.unique.map { $0.map(\.description) } == [["email"], ["country", "number"]])
    #expect(definition.references.map(\.collection) == ["accounts", "owners"])
    #expect(definition.indexes.map(\.kind) == ["field", "tags", "category"])
    #expect(definition.migrations.map(\.from) == [1, 3])
    #expect(definition.migrations[0].steps[2] == .remove(try #require(FieldPath("fax\\.no"))))
    #expect(definition.ttl == 86400)
    #expect(definition.history == HistoryPolicy(count: 10, age: 3600))
    #expect(definition.quota == CollectionQuota(records: 1000, bytes: 1_048_576))
  }

  @Test("is kept in a record, also as other faces write the record")
  func isARecord() throws {
    let definition = try SchemaText.definition(
      #"{"version":1,"schema":{"$comment":"x","properties":{"d":{"minimum":{"$date":5}}}}}"#)
    #expect(
      try CollectionDefinition(collection: "accounts", value: definition.value) == definition)
    // What comes through the lossless JSON: dates are dates.
    let other = try MetadataValue(
      json: JSON(
        parsing: #"{"version":1,"schema":{"properties":{"d":{"minimum":{"$date":5}}}}}"#.utf8))
    let read = try CollectionDefinition(collection: "accounts", value: other)
    #expect(read.schema?.fits(.map(["d": .date(nanoseconds: 4)])) == false)
    // Kept without loss as a record is.
    let kept = try MetadataValue(json: definition.value.json)
    #expect(try CollectionDefinition(collection: "accounts", value: kept) == definition)
  }

  @Test(
    "is refused with the place and what to do",
    arguments: [
      ("[]", "must be an object, not an array"),
      ("{}", #"has no "version"; begin with 1"#),
      (
        #"{"version":0}"#,
        "at /version: must be a whole number from 1 to 2147483647, not the number 0"
      ),
      (#"{"version":1,"shema":{}}"#, #"at /shema: is not known; did you mean "schema"?"#),
      (
        #"{"version":1,"zzz":{}}"#,
        "at /zzz: is not known; the members are version, description, schema, unique, references, "
          + "indexes, ttl, history, quota, migrations"
      ),
      (
        #"{"version":1,"schema":{"properties":{"a":{"type":"text"}}}}"#,
        "at /schema/properties/a/type: \"text\" is not one of object, array, string, integer, number, "
          + "boolean, null, bytes, date"
      ),
      (#"{"version":1,"unique":"a"}"#, #"at /unique: must be an array, not the string "a""#),
      (#"{"version":1,"unique":["a",["a"]]}"#, "at /unique/1: is there already; take it out"),
      (
        #"{"version":1,"unique":[["a","a"]]}"#,
        "at /unique/0: must name one field or more, each once"
      ),
      (
        #"{"version":1,"unique":["a..b"]}"#,
        "at /unique/0: \"a..b\" is no path of a field; join 1…16 names by dots, with \\ before a dot "
          + "or \\ in a name, in at most 512 bytes"
      ),
      (
        #"{"version":1,"references":{"a":"b c"}}"#,
        "at /references/a: \"b c\" is no name of a collection; use segments of A-Z a-z 0-9 _ - joined "
          + "by dots"
      ),
      (
        #"{"version":1,"indexes":[{"filed":"a"}]}"#,
        #"at /indexes/0/filed: is not known; did you mean "field"?"#
      ),
      (#"{"version":1,"indexes":[{}]}"#, "at /indexes/0: must have one of field, tags, category"),
      (
        #"{"version":1,"indexes":[{"tags":"a"},{"tags":"a"}]}"#,
        "at /indexes/1: is there already; take it out"
      ),
      (
        #"{"version":1,"ttl":0}"#,
        "at /ttl: must be a whole number from 1 to 3153600000, not the number 0"
      ),
      (
        #"{"version":1,"history":{}}"#,
        #"at /history: must have "count", "age" (in seconds) or both"#
      ),
      (#"{"version":1,"quota":{}}"#, #"at /quota: must have "records", "bytes" or both"#),
      (
        #"{"version":1,"quota":{"bytes":-1}}"#,
        "at /quota/bytes: must be a whole number from 0 to 9223372036854775807, not the number -1"
      ),
      (
        #"{"version":2,"migrations":[{"from":2,"steps":[]}]}"#,
        "at /migrations/0/from: must be a whole number from 0 to 1, not the number 2"
      ),
      (
        #"{"version":3,"migrations":[{"from":1,"steps":[]},{"from":1,"steps":[]}]}"#,
        "at /migrations/1/from: must be more than the 1 of the one before"
      ),
      (
        #"{"version":2,"migrations":[{"from":1}]}"#,
        #"at /migrations/0: has no "steps"; give [] to have every record checked only"#
      ),
      (
        #"{"version":2,"migrations":[{"from":1,"steps":[{"drop":"a"}]}]}"#,
        "at /migrations/0/steps/0/drop: is not known; the members are rename, set, remove, convert"
      ),
      (
        #"{"version":2,"migrations":[{"from":1,"steps":[{"rename":{"from":"a","to":"a.b"}}]}]}"#,
        "at /migrations/0/steps/0/rename: a and a.b are one within the other; go by a third name"
      ),
      (
        #"{"version":2,"migrations":[{"from":1,"steps":[{"set":{"field":"a"}}]}]}"#,
        #"at /migrations/0/steps/0/set: has no "value"; give null for nothing"#
      ),
      (
        #"{"version":2,"migrations":[{"from":1,"steps":[{"convert":{"field":"a","to":"text"}}]}]}"#,
        "at /migrations/0/steps/0/convert/to: \"text\" is not one of boolean, integer, number, string, "
          + "bytes, date, array"
      ),
    ])
  func isRefused(text: String, expected: String) throws {
    let place = expected.hasPrefix("at ") ? " " : ": "
    #expect(try refusal(text) == "the definition of collection accounts\(place)\(expected)")
  }

  @Test("of the host's own collection, or of a name that is none, is refused")
  func refusesNames() throws {
    #expect(
      try refusal(#"{"version":1}"#, of: "dovetail.collections")
        == "the definition of collection dovetail.collections: this collection is the host's own; "
        + "define another one")
    #expect(
      try refusal(#"{"version":1}"#, of: "a b").hasPrefix(
        "the definition of collection a b: \"a b\" is no name of a collection"))
  }

  @Test(
    "has fields by paths whose names may have dots",
    arguments: [
      ("a", ["a"]), ("a.b.c", ["a", "b", "c"]), ("a\\.b.c", ["a.b", "c"]),
      ("a\\\\.b", ["a\\", "b"]),
    ])
  func paths(text: String, names: [String]) throws {
    let path = try #require(FieldPath(text))
    #expect(path.names == names)
    #expect(path.description == text)
  }

  @Test(
    "has no path with an empty name or a lonely backslash",
    arguments: [
      "", ".", "a.", ".a", "a..b", "a\\", "a\\b", String(repeating: "a.", count: 16) + "a",
    ])
  func noPaths(text: String) { #expect(FieldPath(text) == nil) }
}
