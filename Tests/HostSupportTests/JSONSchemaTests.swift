import Testing

@testable import HostSupport

@Suite("A JSON schema")
struct JSONSchemaTests {
  private func schema(_ text: String) throws -> JSONSchema { try JSONSchema(parsing: text.utf8) }

  /// What a schema says of a text; "fits" when nothing.
  private func words(_ schema: String, _ text: String) throws -> String {
    let violation = try self.schema(schema).violation(in: Array(text.utf8).span)
    return violation?.description ?? "fits"
  }

  private func refusal(_ text: String) -> String {
    do throws(JSONSchema.Refusal) {
      _ = try JSONSchema(parsing: text.utf8)
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
      (#"{"type":"boolean"}"#, #""yes""#, #"it must be true or false, not the string "yes""#),
      (
        #"{"properties":{"a":{"items":{"type":"number"}}}}"#, #"{"a":[1,"x"]}"#,
        #"/a/1 must be a number, not the string "x""#
      ),
      (
        #"{"required":["id","size"]}"#, #"{"id":1}"#, "/size is missing; it is required"
      ),
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
      (#"{"minimum":3}"#, "2", "it must be at least 3, not 2"),
      (#"{"maximum":3.5}"#, "4", "it must be at most 3.5, not 4"),
      (#"{"exclusiveMinimum":3}"#, "3", "it must be more than 3, not 3"),
      (#"{"exclusiveMaximum":3}"#, "3", "it must be less than 3, not 3"),
      (#"{"minLength":3}"#, #""é\u00e9""#, "it must have at least 3 characters, not 2"),
      (#"{"maxLength":1}"#, #""a\ud83d\ude00""#, "it must have at most 1 characters, not 2"),
      (#"{"pattern":"^a+$"}"#, #""ab""#, #"it must match ^a+$, unlike the string "ab""#),
      (#"{"pattern":"^a$"}"#, #""a\u0000b""#, #"it must match ^a$, unlike the string "a\u0000b""#),
      (#"{"minItems":2}"#, "[1]", "it must have at least 2 elements, not 1"),
      (#"{"maxItems":1}"#, "[1,2]", "it must have at most 1 elements, not 2"),
      (#"{"enum":[{"a":[1]}]}"#, #"{"a":[2]}"#, #"it must be {"a":[1]}, not an object"#),
      (#"{"enum":["a","b"],"const":"b"}"#, #""a""#, #"it must be "b", not the string "a""#),
    ])
  func tellsViolations(schema: String, text: String, expected: String) throws {
    #expect(try words(schema, text) == expected)
  }

  @Test(
    "takes what fits",
    arguments: [
      ("{}", "[1, {\"a\": null}]"), ("true", "1"), (#"{"type":"integer"}"#, "3.0"),
      (#"{"type":"integer"}"#, "-12e2"), (#"{"type":"number"}"#, "12"),
      (#"{"const":1}"#, "1.0"), (#"{"const":{"a":[1]}}"#, #" { "a" : [ 1.0 ] } "#),
      (#"{"minimum":9007199254740993}"#, "9007199254740993"),
      (#"{"pattern":"^é$"}"#, #""\u00e9""#),
      (#"{"minLength":1,"maxLength":1}"#, #""\ud83d\ude00""#),
      (#"{"properties":{"a":{"type":"null"}},"required":["a"]}"#, #"{"b":{},"\u0061":null}"#),
      (#"{"required":["a","b"]}"#, #"{"b":0,"a":0}"#),
    ])
  func takesWhatFits(schema: String, text: String) throws {
    #expect(try words(schema, text) == "fits")
  }

  @Test("holds a value against the schemas beside it and those that it refers to")
  func combines() throws {
    let either =
      #"{"anyOf":[{"type":"string"},{"properties":{"a":{"minimum":1}},"type":"object"}]}"#
    #expect(try words(either, #""x""#) == "fits")
    #expect(
      try words(either, #"{"a":0}"#)
        == "it must be a string, not an object; or /a must be at least 1, not 0")
    let one = #"{"oneOf":[{"minimum":1},{"maximum":5}]}"#
    #expect(try words(one, "7") == "fits")
    #expect(try words(one, "3") == "it must fit only one of 2 schemas, not 2")
    #expect(
      try words(#"{"allOf":[{"minimum":1},{"maximum":5}]}"#, "7") == "it must be at most 5, not 7")
    let tree = """
      {"$ref":"#/$defs/node","$defs":{"node":{"type":"object","required":["id"],
       "properties":{"id":{"type":"integer"},"next":{"$ref":"#/$defs/node"}}}}}
      """
    #expect(try words(tree, #"{"id":1,"next":{"id":2}}"#) == "fits")
    #expect(
      try words(tree, #"{"id":1,"next":{"id":2,"next":{}}}"#)
        == "/next/next/id is missing; it is required")
  }

  @Test(
    "is refused with the place of the first keyword that it would not keep",
    arguments: [
      (
        #"{"properties":{"a":{"format":"email"}}}"#,
        "schema at /properties/a/format: the keyword \"format\" is not supported, so it would not be "
          + "kept; use \"pattern\", or say it in \"description\""
      ),
      (
        #"{"uniqueItems":true}"#,
        "schema at /uniqueItems: the keyword \"uniqueItems\" is not supported, so it would not be kept; "
          + "take it out"
      ),
      (
        #"{"$defs":{"a":{"not":{}}}}"#,
        "schema at /$defs/a/not: the keyword \"not\" is not supported, so it would not be kept; take it out"
      ),
      (
        #"{"type":"int"}"#,
        "schema at /type: \"int\" is not one of object, array, string, integer, number, boolean, null"
      ),
      (#"{"minLength":-1}"#, "schema at /minLength: must be a whole number from 0"),
      (#"{"minimum":"3"}"#, "schema at /minimum: must be a number"),
      (#"{"enum":[]}"#, "schema at /enum: must be an array that is not empty"),
      (#"{"items":[{}]}"#, "schema at /items: must be an object or a boolean"),
      (
        ##"{"$ref":"#/$defs/b"}"##, "schema at /$ref: there is no \"#/$defs/b\" in this schema"
      ),
      (
        #"{"$ref":"http://a/b"}"#,
        "schema at /$ref: must name a place in this schema, such as \"#/$defs/NAME\""
      ),
      (##"{"$ref":"#"}"##, "schema: refers back to itself, with nothing in between"),
      (
        #"{"pattern":"(a)\\1"}"#,
        "schema at /pattern: \"(a)\\1\" has a back-reference, which can take hours"
      ),
    ])
  func isRefused(text: String, expected: String) { #expect(refusal(text) == expected) }

  @Test("takes remarks and names that begin with x- as words for people")
  func takesRemarks() {
    #expect(refusal(#"{"title":"a","description":"b","x-unit":"ms","examples":[1]}"#) == "none")
  }

  @Test("tells text that is no JSON by its place")
  func tellsFaults() throws {
    #expect(
      try words("{}", #"{"a" 1}"#)
        == "it is no JSON: line 1, column 6: expected \":\" after the name, found '1'")
    #expect(try words("{}", "[1,]") == "it is no JSON: wrong, or too deep, at byte 3")
    #expect(try words("{}", #""\ud800""#).hasPrefix("it is no JSON"))
    let deep = String(repeating: "[", count: 65) + String(repeating: "]", count: 65)
    #expect(try words("{}", deep) == "it is no JSON: wrong, or too deep, at byte 64")
  }

  @Test("agrees with the parser about what is JSON, whatever the bytes")
  func agreesWithParser() throws {
    let any = try schema("{}")
    let texts = [
      #"{"a":[1,-2.5e3,true,false,null,"x\n\u00e9"],"b":{"c":{}}}"#, #"[[],{},"",0]"#, " 1 ",
    ]
    var random = SystemRandomNumberGenerator()
    for text in texts {
      for _ in 0..<2_000 {
        var bytes = Array(text.utf8)
        bytes[Int.random(in: bytes.indices, using: &random)] =
          Array(#"{}[]",:\0e-.tn "#.utf8).randomElement(using: &random) ?? 0
        bytes.removeLast(Int.random(in: 0..<2, using: &random))
        let fits = any.violation(in: bytes.span) == nil
        let parses = (try? JSON(parsing: bytes)) != nil
        let words = String(decoding: bytes, as: UTF8.self)
        // The parser lets a comma stand before an end.
        if parses, !words.replacing(" ", with: "").contains(/,[\]}]/) { #expect(fits, "\(words)") }
        if fits { #expect(parses, "\(words)") }
      }
    }
  }

  @Test("gives up on a value whose alternatives multiply")
  func givesUp() throws {
    let text = """
      {"$defs":{"n":{"anyOf":[{"type":"array","items":{"$ref":"#/$defs/n"},"minItems":9},
       {"type":"array","items":{"$ref":"#/$defs/n"},"minItems":9}]}},"$ref":"#/$defs/n"}
      """
    let value = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
    #expect(try words(text, value).hasSuffix("takes too long to be checked"))
  }

  @Test("holds values against itself as it holds text")
  func checksValues() throws {
    let schema = try schema(#"{"properties":{"a":{"type":"string"}}}"#)
    #expect(schema.violation(in: .object(["a": .string("x")])) == nil)
    #expect(schema.violation(in: .object(["a": .int(1)]))?.pointer == "/a")
  }
}
