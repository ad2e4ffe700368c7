import HostSupport
import Testing

@testable import MetadataStore

@Suite("A migration of records")
struct MigrationTests {
  private func migrated(
    _ steps: String, _ value: String, rest: String = ""
  ) throws -> String {
    let definition = try SchemaText.definition(
      #"{"version":2,"migrations":[{"from":1,"steps":[\#(steps)]}]\#(rest)}"#)
    let value = try SchemaText.value(value)
    do throws(MigrationFailure) {
      return try definition.migrated(value, key: "k", from: 1).json.text()
    } catch {
      return error.description
    }
  }

  @Test(
    "does what its steps say",
    arguments: [
      (#"{"rename":{"from":"a","to":"b"}}"#, #"{"a":1,"c":2}"#, #"{"b":1,"c":2}"#),
      (#"{"rename":{"from":"a","to":"b"}}"#, #"{"b":2}"#, #"{"b":2}"#),
      (
        #"{"rename":{"from":"a.b","to":"c.d.e"}}"#, #"{"a":{"b":1}}"#,
        #"{"a":{},"c":{"d":{"e":1}}}"#
      ),
      (#"{"set":{"field":"a.b","value":[1]}}"#, #"{"a":{"c":1}}"#, #"{"a":{"b":[1],"c":1}}"#),
      (#"{"set":{"field":"a","value":null}}"#, #"{"a":1}"#, #"{"a":null}"#),
      (#"{"remove":"a.b"}"#, #"{"a":{"b":1,"c":2}}"#, #"{"a":{"c":2}}"#),
      (#"{"remove":"a.b"}"#, #"{"a":1}"#, #"{"a":1}"#), (#"{"remove":"a"}"#, "[]", "[]"),
      (#"{"set":{"field":"a","value":1}},{"remove":"a"}"#, "{}", "{}"),
    ])
  func doesSteps(steps: String, value: String, expected: String) throws {
    #expect(try migrated(steps, value) == expected)
  }

  @Test(
    "converts values without loss",
    arguments: [
      ("integer", "5", "5"), ("int", #""-12""#, "-12"), ("integer", "true", "1"),
      ("integer", #"{"$double":"7.0"}"#, "7"), ("integer", #"{"$date":9}"#, "9"),
      ("double", "3", #"{"$double":"3.0"}"#), ("number", #""2.5""#, "2.5"),
      ("boolean", "0", "false"), ("bool", #""true""#, "true"), ("string", "5", #""5""#),
      ("string", "2.5", #""2.5""#), ("string", #"{"$bytes":"aGk="}"#, #""hi""#),
      ("bytes", #""hi""#, #"{"$bytes":"aGk="}"#),
      ("date", #""2026-01-31T10:00:00Z""#, #"{"$date":"2026-01-31T10:00:00.000000000Z"}"#),
      ("string", #"{"$date":0}"#, #""1970-01-01T00:00:00.000000000Z""#),
      ("array", "1", "[1]"), ("list", "[1]", "[1]"), ("integer", "null", "null"),
    ])
  func converts(type: String, value: String, expected: String) throws {
    let step = #"{"convert":{"field":"a","to":"\#(type)"}}"#
    #expect(try migrated(step, #"{"a":\#(value)}"#) == #"{"a":\#(expected)}"#)
    #expect(try migrated(step, "{}") == "{}")
  }

  @Test(
    "names the record, the step and the reason when it cannot be done",
    arguments: [
      (
        #"{"remove":"b"},{"convert":{"field":"a","to":"integer"}}"#, #"{"a":"x"}"#,
        "step 2 of the migration from version 1: /a cannot become a whole number, being the string \"x\""
      ),
      (
        #"{"convert":{"field":"a","to":"integer"}}"#, #"{"a":2.5}"#,
        "step 1 of the migration from version 1: /a cannot become a whole number, being the number 2.5"
      ),
      (
        #"{"convert":{"field":"a","to":"number"}}"#, #"{"a":9007199254740993}"#,
        "step 1 of the migration from version 1: /a cannot become a number, being the number "
          + "9007199254740993"
      ),
      (
        #"{"rename":{"from":"a","to":"b"}}"#, #"{"a":1,"b":2}"#,
        "step 1 of the migration from version 1: /b is there already, so a cannot become it"
      ),
      (
        #"{"set":{"field":"a.b","value":1}}"#, #"{"a":5}"#,
        "step 1 of the migration from version 1: /a is the number 5, so nothing can be set within it"
      ),
      (
        #"{"set":{"field":"a","value":1}}"#, "[]",
        "step 1 of the migration from version 1: the value is an array, so nothing can be set within it"
      ),
    ])
  func namesFailures(steps: String, value: String, expected: String) throws {
    #expect(
      try migrated(steps, value)
        == "record k of collection accounts, \(expected); mend the record or the migration")
  }

  @Test("fills in defaults and checks what comes of it")
  func checks() throws {
    let rest =
      #","schema":{"properties":{"a":{"type":"integer"},"b":{"default":1}},"required":["b"]}"#
    #expect(try migrated("", #"{"a":1}"#, rest: rest) == #"{"a":1,"b":1}"#)
    #expect(
      try migrated("", #"{"a":"x"}"#, rest: rest)
        == "record k of collection accounts, version 2: /a must be a whole number, not the string "
        + "\"x\"; mend the record or the migration")
    let long = String(repeating: "x", count: 600_000)
    let set = #"{"set":{"field":"b","value":"\#(long)"}}"#
    #expect(
      try migrated(set, #"{"a":"\#(long)"}"#).hasPrefix(
        "record k of collection accounts, version 2: the value would have 1200018 bytes"))
  }

  @Test("goes from version to version, beginning with that of the record")
  func chains() throws {
    let definition = try SchemaText.definition(
      """
      {"version":4,"migrations":[{"from":1,"steps":[{"rename":{"from":"a","to":"b"}}]},
       {"from":3,"steps":[{"rename":{"from":"b","to":"c"}}]}]}
      """)
    let expected = [0: "c", 1: "c", 2: "a", 3: "a", 4: "a"]
    for (version, name) in expected {
      let value = try definition.migrated(.map(["a": .int(1)]), key: "k", from: version)
      #expect(value == .map([name: .int(1)]), "from version \(version)")
    }
    let value = try definition.migrated(.map(["b": .int(1)]), key: "k", from: 2)
    #expect(value == .map(["c": .int(1)]))
  }
}
