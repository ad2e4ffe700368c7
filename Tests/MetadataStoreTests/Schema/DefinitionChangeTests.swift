import HostSupport
import Testing

@testable import MetadataStore

@Suite("A new version of a definition")
struct DefinitionChangeTests {
  /// What a schema in place of another means, in words.
  private func change(_ old: String, _ new: String) throws -> String {
    let former = try SchemaText.definition(#"{"version":1,"schema":\#(old)}"#)
    let next = try SchemaText.definition(#"{"version":2,"schema":\#(new)}"#)
    let (reasons, fills) = next.incompatibilities(with: former)
    if reasons.isEmpty { return fills ? "filling" : "compatible" }
    return reasons.map(\.description).joined(separator: " | ")
  }

  private func words(
    _ new: String, from old: String?, stored: Set<Int> = [1]
  ) throws -> String {
    let definition = try SchemaText.definition(new)
    let former = try old.map { try SchemaText.definition($0) }
    do throws(DefinitionChange.Refusal) {
      return "\(try definition.change(from: former, stored: stored))"
    } catch {
      return error.description
    }
  }

  @Test(
    "is compatible where every record that fitted still fits",
    arguments: [
      (#"{"type":"integer"}"#, #"{"type":["number","null"]}"#),
      (#"{"type":["string","bytes"]}"#, "{}"),
      (#"{"minimum":3,"maximum":9}"#, #"{"minimum":2.5,"maximum":9}"#),
      (#"{"minimum":3}"#, #"{"exclusiveMinimum":2}"#),
      (#"{"exclusiveMaximum":3}"#, #"{"maximum":3}"#),
      (#"{"type":"string","maximum":3}"#, #"{"type":"string","maximum":2}"#),
      (#"{"type":"date","minimum":{"$date":5}}"#, #"{"type":"date","minimum":{"$date":4}}"#),
      (#"{"minLength":2,"maxLength":5}"#, #"{"minLength":1}"#),
      (#"{"pattern":"^a"}"#, #"{"pattern":"^a"}"#), (#"{"pattern":"^a"}"#, "{}"),
      (#"{"enum":["a","b"]}"#, #"{"enum":["b","c","a"]}"#),
      (#"{"enum":["a","b"]}"#, #"{"type":"string","maxLength":1}"#),
      (#"{"type":"boolean"}"#, #"{"enum":[true,false,1]}"#),
      (#"{"required":["a","b"]}"#, #"{"required":["a"]}"#),
      (
        #"{"properties":{"a":{}},"additionalProperties":false}"#,
        #"{"properties":{"a":{},"b":{"type":"string"}},"additionalProperties":false}"#
      ),
      (
        #"{"properties":{"a":{"type":"string"}},"additionalProperties":{"type":"string"}}"#,
        #"{"additionalProperties":{"type":["string","null"]}}"#
      ),
      (#"{"additionalProperties":false}"#, "{}"),
      (#"{"items":{"minimum":2},"minItems":1}"#, #"{"items":{"minimum":1}}"#),
      (#"{"items":{},"maxItems":0}"#, #"{"items":{"type":"string"}}"#),
      (#"{"enum":["a"],"const":"b"}"#, #"{"type":"integer"}"#),
      (#"{"properties":{"a":{"default":1}}}"#, #"{"properties":{"a":{"default":2}}}"#),
    ])
  func compatible(old: String, new: String) throws { #expect(try change(old, new) == "compatible") }

  @Test(
    "fills in what it requires newly and has a default for",
    arguments: [
      (
        #"{"properties":{"a":{}},"additionalProperties":false}"#,
        #"{"properties":{"a":{},"b":{"default":1}},"required":["b"],"additionalProperties":false}"#
      ),
      (
        #"{"type":"object","properties":{"a":{"type":"integer"}}}"#,
        #"{"type":"object","properties":{"a":{"type":"integer","default":1}},"required":["a"]}"#
      ),
      (#"{"enum":[{}]}"#, #"{"properties":{"a":{"default":1}},"required":["a"]}"#),
      (
        #"{"items":{"additionalProperties":false}}"#,
        #"{"items":{"properties":{"a":{"default":1}},"required":["a"]}}"#
      ),
    ])
  func filling(old: String, new: String) throws { #expect(try change(old, new) == "filling") }

  @Test(
    "says where a record need not fit any more, and what a migration could do",
    arguments: [
      (
        #"{"properties":{"n":{"type":["string","null"]}}}"#,
        #"{"properties":{"n":{"type":"integer"}}}"#,
        "/schema/properties/n no longer allows a string or null; "
          + #"give a step {"convert": {"field": "n", "to": "integer"}}"#
      ),
      (
        #"{"type":"number"}"#, #"{"type":"integer"}"#,
        "/schema no longer allows a double; no step reaches it: write such records anew first"
      ),
      (
        #"{"properties":{"a":{"properties":{"b":{"minimum":1}}}}}"#,
        #"{"properties":{"a":{"properties":{"b":{"minimum":2,"maxLength":5}}}}}"#,
        "/schema/properties/a/properties/b must be at least 2 now; "
          + #"give a step {"set": {"field": "a.b", "value": …}} | "#
          + "/schema/properties/a/properties/b must have a length of at most 5 now; "
          + #"give a step {"set": {"field": "a.b", "value": …}}"#
      ),
      (
        #"{"properties":{"a":{"enum":["x","y"]}}}"#, #"{"properties":{"a":{"enum":["x"]}}}"#,
        #"/schema/properties/a no longer allows "y"; give a step {"set": {"field": "a", "value": …}}"#
      ),
      (
        #"{"properties":{"a":{"type":"string"}}}"#, #"{"properties":{"a":{"const":"x"}}}"#,
        "/schema/properties/a allows only what it names now; "
          + #"give a step {"set": {"field": "a", "value": …}}"#
      ),
      (
        #"{"properties":{"a":{"type":"string"}}}"#,
        #"{"properties":{"a":{"type":"string","pattern":"^x"}}}"#,
        "/schema/properties/a must match ^x now; "
          + #"give a step {"set": {"field": "a", "value": …}}"#
      ),
      (
        "{}", #"{"required":["a"]}"#,
        #"/schema/required requires "a" now; give it a default, or give a step "#
          + #"{"set": {"field": "a", "value": …}}"#
      ),
      (
        #"{"properties":{"a":{}},"additionalProperties":false}"#,
        #"{"additionalProperties":false}"#,
        #"/schema/properties/a no longer allows it; give a step {"remove": "a"}"#
      ),
      (
        "{}", #"{"properties":{"a":{}},"additionalProperties":false}"#,
        "/schema/additionalProperties no longer allows members without a schema; "
          + #"give a step {"remove": …} for each"#
      ),
      (
        "{}", #"{"properties":{"a":{"type":"string"}}}"#,
        "/schema/properties/a is new, but records may have something else there already; "
          + "give a migration without steps to have every record checked"
      ),
      (
        #"{"properties":{"t":{"items":{"type":"string"}}}}"#,
        #"{"properties":{"t":{"items":{"type":"integer"},"minItems":1}}}"#,
        "/schema/properties/t must have at least 1 elements now; "
          + #"give a step {"set": {"field": "t", "value": …}} | "#
          + "/schema/properties/t/items no longer allows a string; "
          + #"give a step {"set": {"field": "t", "value": …}}"#
      ),
      (
        #"{"type":"number","maximum":9007199254740992.0}"#,
        #"{"type":"number","maximum":9007199254740991}"#,
        "/schema must be at most 9007199254740991 now; "
          + "no step reaches it: write such records anew first"
      ),
    ])
  func incompatible(old: String, new: String, expected: String) throws {
    #expect(try change(old, new) == expected)
  }

  @Test(
    "changes, fills, migrates or is refused",
    arguments: [
      (#"{"version":1}"#, #"{"version":1}"#, "unchanged"),
      (#"{"version":1,"ttl":5}"#, #"{"version":2}"#, "compatible"),
      (#"{"version":1}"#, #"{"version":9,"indexes":[{"tags":"t"}],"ttl":4}"#, "compatible"),
      (#"{"version":1,"unique":["a"]}"#, #"{"version":2}"#, "compatible"),
      (#"{"version":1,"unique":["a"]}"#, #"{"version":2,"unique":[["b","a"]]}"#, "compatible"),
      (
        #"{"version":1}"#, #"{"version":2,"migrations":[{"from":1,"steps":[{"remove":"a"}]}]}"#,
        "migrating"
      ),
      (
        #"{"version":1}"#,
        #"{"version":2,"unique":["a"],"migrations":[{"from":1,"steps":[]}]}"#, "migrating"
      ),
      (
        #"{"version":2}"#, #"{"version":2,"ttl":5}"#,
        "the definition of collection accounts is another one, but still version 2; make it version 3"
      ),
      (
        #"{"version":3}"#, #"{"version":2}"#,
        "the definition of collection accounts is version 3, and does not go back to 2; make it version 4"
      ),
      (
        #"{"version":1}"#, #"{"version":2,"unique":["a.b"],"references":{"c":"d"}}"#,
        "version 2 of the definition of collection accounts is not compatible: /unique/0 is new, and "
          + "records may have the same values there; give a migration without steps to have every "
          + "record checked; /references/c is new, and records may name there what d does not have; "
          + "give a migration without steps to have every record checked. Records of version 1 need a "
          + #"migration {"from": 1, "steps": […]}, without steps where every record fits as it is"#
      ),
      (
        #"{"version":1,"unique":["a"],"schema":{"additionalProperties":{"type":"string"}}}"#,
        #"{"version":2,"unique":["a"],"schema":{"properties":{"a":{"type":"string","default":"x"}},"#
          + #""required":["a"],"additionalProperties":{"type":"string"}}}"#,
        "version 2 of the definition of collection accounts is not compatible: /schema/required "
          + #"requires "a" now, and its default cannot be given to several records, since the field is "#
          + #"unique or a reference; give a step {"set": {"field": "a", "value": …}}. Records of "#
          + #"version 1 need a migration {"from": 1, "steps": […]}, without steps where every record "#
          + "fits as it is"
      ),
    ])
  func changes(old: String, new: String, expected: String) throws {
    #expect(try words(new, from: old) == expected)
  }

  @Test("needs a migration from every version that is stored, and none where nothing is stored")
  func stored() throws {
    let old = #"{"version":3}"#
    let new = #"{"version":4,"unique":["a"],"migrations":[{"from":2,"steps":[]}]}"#
    #expect(try words(new, from: old, stored: []) == "compatible")
    #expect(try words(new, from: old, stored: [1, 2]) == "migrating")
    #expect(
      try words(new, from: old, stored: [1, 3]).hasSuffix(
        "Records of version 3 need a migration {\"from\": 3, \"steps\": […]}, without steps where every "
          + "record fits as it is"))
    #expect(try words(#"{"version":1,"schema":{}}"#, from: nil, stored: [0]) == "compatible")
    #expect(
      try words(#"{"version":1,"schema":{"type":"object"}}"#, from: nil, stored: [0]).contains(
        #"Records of version 0 need a migration {"from": 0, "steps": […]}"#))
  }
}
