import HostSupport
import Testing

@testable import MetadataStore

@Suite("A collection's schema")
struct ValueSchemaTests {
  private func words(_ schema: String, _ value: MetadataValue) throws -> [String] {
    try SchemaText.schema(schema).violations(in: value).map(\.description)
  }

  private func refusal(_ text: String) throws -> String {
    let json = try JSON(parsing: text.utf8)
    do throws(JSONSchema.Refusal) {
      _ = try ValueSchema(json)
      return "none"
    } catch {
      return error.description
    }
  }

  @Test(
    "says where a value does not fit, what is allowed there and what was found",
    arguments: [
      (#"{"type":"object"}"#, "[1]", "it must be an object, not an array"),
      (#"{"type":["string","null"]}"#, "true", "it must be a string or null, not true"),
      (#"{"type":"integer"}"#, "1.5", "it must be a whole number, not the number 1.5"),
      (
        #"{"type":"integer"}"#, #"{"$double":"1.0"}"#,
        "it must be a whole number, not the number 1.0"
      ),
      (#"{"type":"bytes"}"#, #""aGk=""#, #"it must be bytes, not the string "aGk=""#),
      (#"{"type":"string"}"#, #"{"$bytes":"aGk="}"#, "it must be a string, not 2 bytes"),
      (#"{"type":["date","bytes"]}"#, "5", "it must be bytes or a date, not the number 5"),
      (
        #"{"type":"integer"}"#, #"{"$date":"2026-01-31T10:00:00Z"}"#,
        "it must be a whole number, not the date 2026-01-31T10:00:00.000000000Z"
      ),
      (
        #"{"properties":{"a":{"items":{"type":"number"}}}}"#, #"{"a":[1,2.5,"x"]}"#,
        #"/a/2 must be a number, not the string "x""#
      ),
      (#"{"required":["id","size"]}"#, #"{"id":1}"#, "/size is missing; it is required"),
      (#"{"required":["a/b"]}"#, "{}", "/a~1b is missing; it is required"),
      (
        #"{"properties":{"a":true},"additionalProperties":false}"#, #"{"a":1,"b/c":2}"#,
        "/b~1c is not allowed here"
      ),
      (
        #"{"properties":{"a":{}},"additionalProperties":{"type":"null"}}"#, #"{"a":1,"b":2}"#,
        "/b must be null, not the number 2"
      ),
      (#"{"properties":{"a":false}}"#, #"{"a":1}"#, "/a is not allowed here"),
      (#"{"enum":["on","off"]}"#, #""up""#, #"it must be one of "on", "off", not the string "up""#),
      (#"{"const":7}"#, "8", "it must be 7, not the number 8"),
      (#"{"const":7}"#, #"{"$double":"7.0"}"#, "it must be 7, not the number 7.0"),
      (#"{"enum":[{"a":[1]}]}"#, #"{"a":[2]}"#, #"it must be {"a":[1]}, not an object"#),
      (#"{"minimum":3}"#, "2", "it must be at least 3, not 2"),
      (#"{"maximum":3.5}"#, "4", "it must be at most 3.5, not 4"),
      (#"{"exclusiveMinimum":3}"#, "3", "it must be more than 3, not 3"),
      (#"{"exclusiveMaximum":3}"#, #"{"$double":"3.0"}"#, "it must be less than 3, not 3.0"),
      (
        #"{"maximum":9007199254740992.0}"#, "9007199254740993",
        "it must be at most 9007199254740992, not 9007199254740993"
      ),
      (
        #"{"minimum":{"$date":"2026-01-01T00:00:00Z"}}"#, #"{"$date":"2025-12-31T23:59:59.5Z"}"#,
        "it must be at least 2026-01-01T00:00:00.000000000Z, not 2025-12-31T23:59:59.500000000Z"
      ),
      (#"{"minLength":3}"#, #""é\u00e9""#, "it must have at least 3 characters, not 2"),
      (#"{"maxLength":1}"#, #""a\ud83d\ude00""#, "it must have at most 1 characters, not 2"),
      (#"{"maxLength":1}"#, #"{"$bytes":"aGk="}"#, "it must have at most 1 bytes, not 2"),
      (#"{"pattern":"^a+$"}"#, #""ab""#, #"it must match ^a+$, unlike the string "ab""#),
      (#"{"pattern":"^a$"}"#, #""a\u0000b""#, #"it must match ^a$, unlike the string "a\u0000b""#),
      (#"{"minItems":2}"#, "[1]", "it must have at least 2 elements, not 1"),
      (#"{"maxItems":1}"#, "[1,2]", "it must have at most 1 elements, not 2"),
    ])
  func tellsViolations(schema: String, text: String, expected: String) throws {
    #expect(try words(schema, SchemaText.value(text)) == [expected])
  }

  @Test(
    "takes what fits",
    arguments: [
      ("{}", "[1, {\"a\": null}]"), ("true", "1"), (#"{"type":"number"}"#, "12"),
      (#"{"type":"integer"}"#, "9223372036854775807"),
      (#"{"minimum":9007199254740993}"#, "9007199254740993"),
      (#"{"maximum":9223372036854775808}"#, "9223372036854775807"),
      (#"{"minimum":3}"#, #""text""#), (#"{"minimum":3}"#, #"{"$date":0}"#),
      (#"{"minimum":{"$date":5}}"#, "2"), (#"{"minimum":{"$date":5}}"#, #"{"$date":5}"#),
      (#"{"pattern":"^é$"}"#, #""\u00e9""#),
      (#"{"minLength":1,"maxLength":1}"#, #""\ud83d\ude00""#),
      (#"{"enum":[{"$date":5},null]}"#, #"{"$date":5}"#),
      (#"{"properties":{"a":{"type":"null"}},"required":["a"]}"#, #"{"b":{},"a":null}"#),
      (#"{"required":["a"],"additionalProperties":false}"#, #"{"a":5}"#),
    ])
  func takesWhatFits(schema: String, text: String) throws {
    #expect(try words(schema, SchemaText.value(text)) == [])
  }

  @Test("tells every violation in a fixed order, or as many as were asked for")
  func tellsAll() throws {
    let schema = try SchemaText.schema(
      """
      {"type":"object","required":["name","age"],"additionalProperties":false,
       "properties":{"age":{"type":"integer","minimum":0},"tags":{"items":{"type":"string"}}}}
      """)
    let value = try SchemaText.value(#"{"z":1,"age":-1,"tags":[1,"a",null],"b":2}"#)
    let all = [
      "/age must be at least 0, not -1", "/b is not allowed here",
      "/name is missing; it is required", "/tags/0 must be a string, not the number 1",
      "/tags/2 must be a string, not null", "/z is not allowed here",
    ]
    #expect(schema.violations(in: value).map(\.description) == all)
    #expect(schema.violations(in: value, atMost: 2).map(\.description) == Array(all.prefix(2)))
    #expect(schema.violation(in: value)?.description == all[0])
    #expect(!schema.fits(value))
  }

  @Test("agrees with the bus about values that both can say")
  func agreesWithBus() throws {
    let schemas = [
      #"{"type":"object","required":["a"],"properties":{"a":{"type":["integer","null"]}}}"#,
      #"{"properties":{"a":{"minimum":2,"maximum":4.5}},"additionalProperties":{"type":"string"}}"#,
      #"{"type":"array","minItems":1,"maxItems":2,"items":{"enum":["x",1,true,null]}}"#,
      #"{"properties":{"a":{"minLength":2,"pattern":"b"}},"additionalProperties":false}"#,
    ]
    let values = [
      "{}", #"{"a":1}"#, #"{"a":4}"#, #"{"a":5}"#, #"{"a":"ab"}"#, #"{"a":"b"}"#,
      #"{"a":null,"b":"x"}"#, #"{"a":2.5,"b":1}"#, "[]", "[1]", #"["x",null,true]"#, #"["y"]"#,
      "null", "3",
    ]
    for schema in schemas {
      let ours = try SchemaText.schema(schema)
      let bus = try JSONSchema(parsing: schema.utf8)
      for text in values {
        let json = try JSON(parsing: text.utf8)
        let found = ours.violation(in: try MetadataValue(json: json))
        #expect(found == bus.violation(in: json), "\(schema) \(text)")
      }
    }
  }

  @Test(
    "is refused with the place of the first keyword that it would not keep",
    arguments: [
      (
        #"{"properties":{"a":{"anyOf":[{}]}}}"#,
        "schema at /properties/a/anyOf: the keyword \"anyOf\" is not supported in the schema of a "
          + "collection; write out what is meant"
      ),
      (
        #"{"uniqueItems":true}"#,
        "schema at /uniqueItems: the keyword \"uniqueItems\" is not supported, so it would not be kept; "
          + "take it out"
      ),
      (
        #"{"type":"map"}"#,
        "schema at /type: \"map\" is not one of object, array, string, integer, number, boolean, null, "
          + "bytes, date"
      ),
      (
        #"{"minimum":"3"}"#,
        "schema at /minimum: must be a number or a date such as {\"$date\": \"2026-01-31T10:00:00Z\"}"
      ),
      (
        #"{"maximum":{"$date":"tomorrow"}}"#,
        "schema at /maximum: $date is not like 2026-01-31T10:00:00.000000001Z: tomorrow"
      ),
      (
        #"{"enum":[{"$bytes":"%"}]}"#, "schema at /enum: $bytes is not base64"
      ),
      (
        #"{"properties":{"n":{"type":"integer","default":"1"}}}"#,
        "schema at /properties/n/default: does not fit its own schema: it must be a whole number, "
          + "not the string \"1\""
      ),
      (
        #"{"properties":{"n":{"required":["a"],"default":{}}}}"#,
        "schema at /properties/n/default: does not fit its own schema: /a is missing; it is required"
      ),
    ])
  func isRefused(text: String, expected: String) throws { #expect(try refusal(text) == expected) }

  @Test("refuses a default that grows beyond its limit, and a filling beyond a value's")
  func boundsDefaults() throws {
    let long = String(repeating: "x", count: 60_000)
    let schema = """
      {"properties":{"a":{"default":{},"properties":{"b":{"default":"\(long)"},
       "c":{"default":"\(long)"}}}}}
      """
    #expect(
      try refusal(schema)
        == "schema at /properties/a/default: has more than 65536 bytes or 32 levels; shorten it")
    let list = try SchemaText.schema(
      #"{"items":{"properties":{"a":{"default":"\#(long)"}}}}"#)
    #expect(
      throws: MetadataError.tooLarge(
        "the defaults of its schema would add more than 1048576 bytes to the value; "
          + "write shorter lists, or take the defaults out of the schema")
    ) {
      try list.filling(.list(Array(repeating: .map([:]), count: 20)))
    }
  }

  @Test(
    "fills defaults in where maps lack them, at every depth",
    arguments: [
      (#"{"properties":{"a":{"default":1},"b":{"default":2}}}"#, #"{"a":5}"#, #"{"a":5,"b":2}"#),
      (#"{"properties":{"a":{"default":null}}}"#, "{}", #"{"a":null}"#),
      (#"{"properties":{"a":{"default":1}}}"#, #"{"a":null}"#, "unchanged"),
      (#"{"properties":{"a":{"default":1}}}"#, "[]", "unchanged"),
      (#"{"default":1}"#, "{}", "unchanged"),
      (
        #"{"properties":{"a":{"properties":{"b":{"default":{"$date":5}}}}}}"#,
        #"{"a":{"c":1},"d":2}"#,
        #"{"a":{"b":{"$date":"1970-01-01T00:00:00.000000005Z"},"c":1},"d":2}"#
      ),
      (#"{"properties":{"a":{"properties":{"b":{"default":1}}}}}"#, "{}", "unchanged"),
      (
        #"{"properties":{"a":{"default":{},"required":["b"],"properties":{"b":{"default":1}}}}}"#,
        "{}", #"{"a":{"b":1}}"#
      ),
      (
        #"{"items":{"properties":{"a":{"default":1}}}}"#, #"[{"a":2},{},3]"#,
        #"[{"a":2},{"a":1},3]"#
      ),
      (
        #"{"properties":{"x":{}},"additionalProperties":{"properties":{"a":{"default":1}}}}"#,
        #"{"x":{},"y":{}}"#, #"{"x":{},"y":{"a":1}}"#
      ),
    ])
  func fillsDefaults(schema: String, text: String, expected: String) throws {
    let filled = try SchemaText.schema(schema).filling(SchemaText.value(text))
    #expect((filled?.json.text() ?? "unchanged") == expected)
  }
}
