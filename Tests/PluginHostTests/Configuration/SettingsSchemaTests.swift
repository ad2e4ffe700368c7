import HostSupport
import Testing

@testable import PluginHost

@Suite("The schema of a plugin's settings")
struct SettingsSchemaTests {
  private func schema(_ text: String) throws -> SettingsSchema {
    try SettingsSchema(checking: JSON(parsing: text.utf8))
  }

  static let full = """
    {"type": "object", "required": ["path"], "additionalProperties": false, "properties": {
      "path": {"type": "string", "minLength": 1, "maxLength": 8, "pattern": "^/"},
      "level": {"enum": ["low", "high"], "default": "low"},
      "ratio": {"type": "number", "minimum": 0, "maximum": 1.5, "default": 1},
      "count": {"type": "integer", "minimum": 1},
      "flag": {"type": ["boolean", "null"]},
      "tags": {"type": "array", "items": {"type": "string"}},
      "inner": {"type": "object", "properties": {"a/b": {"type": "integer", "default": 7}}},
      "limits": {"type": "object", "additionalProperties": {"type": "integer"}}
    }}
    """

  @Test("fills in the defaults of absent members, nested ones too")
  func defaults() throws {
    let settings = JSON.object(["path": .string("/x")])
    #expect(
      try schema(Self.full).apply(to: settings)
        == .object([
          "path": .string("/x"), "level": .string("low"), "ratio": .int(1),
          "inner": .object(["a/b": .int(7)]),
        ]))
  }

  static let wrong: [(settings: String, message: String)] = [
    ("[]", "settings must be an object, not an array"),
    ("{}", "/path is missing; it is required"),
    ("{\"path\": 1}", "/path must be a string, not the number 1"),
    (
      "{\"path\": \"\"}",
      "/path must have at least 1 characters, not 0; /path must match ^/, unlike the string \"\""
    ),
    ("{\"path\": \"/123456789\"}", "/path must have at most 8 characters, not 10"),
    ("{\"path\": \"x\"}", "/path must match ^/, unlike the string \"x\""),
    (
      "{\"path\": \"/\", \"level\": \"hihg\"}",
      "/level must be one of \"low\", \"high\", not the string \"hihg\" (did you mean \"high\"?)"
    ),
    ("{\"path\": \"/\", \"ratio\": 2}", "/ratio must be at most 1.5, not 2"),
    ("{\"path\": \"/\", \"ratio\": -0.5}", "/ratio must be at least 0, not -0.5"),
    ("{\"path\": \"/\", \"count\": 1.5}", "/count must be a whole number, not the number 1.5"),
    (
      "{\"path\": \"/\", \"flag\": \"on\"}",
      "/flag must be true or false or null, not the string \"on\""
    ),
    ("{\"path\": \"/\", \"tags\": [\"a\", 2]}", "/tags/1 must be a string, not the number 2"),
    (
      "{\"path\": \"/\", \"inner\": {\"a/b\": null}}",
      "/inner/a~1b must be a whole number, not null"
    ),
    (
      "{\"path\": \"/\", \"limits\": {\"x~y\": true}}",
      "/limits/x~0y must be a whole number, not true"
    ),
    (
      "{\"path\": \"/\", \"ratoi\": 1}",
      "/ratoi is not a setting of this plugin (did you mean \"ratio\"?)"
    ),
    (
      "{\"count\": 0, \"path\": 5}",
      "/count must be at least 1, not 0; /path must be a string, not the number 5"
    ),
  ]

  @Test("refuses settings with every wrong place as a pointer", arguments: wrong)
  func refuses(_ item: (settings: String, message: String)) throws {
    let schema = try schema(Self.full)
    let settings = try JSON(parsing: item.settings.utf8)
    let error = #expect(throws: SettingsError.self) { try schema.apply(to: settings) }
    #expect(error?.description == item.message)
  }

  @Test("takes a whole number where any number may be, and 1.0 where 1 may be")
  func numbers() throws {
    let schema = try schema(
      "{\"properties\": {\"n\": {\"enum\": [1, 2.5]}, \"i\": {\"type\": \"integer\"}}}")
    let settings = JSON.object(["n": .double(1), "i": .double(3)])
    #expect(try schema.apply(to: settings) == settings)
  }

  static let broken: [(schema: String, message: String)] = [
    ("[]", "manifest key config: must be an object (a schema), not an array"),
    (
      "{\"propertes\": {}}",
      "manifest key config.propertes: this keyword of JSON Schema is not supported"
        + " (did you mean \"properties\"?)"
    ),
    (
      "{\"properties\": {\"a\": {\"$ref\": \"#\"}}}",
      "manifest key config.properties.a.$ref: this keyword of JSON Schema is not supported"
    ),
    (
      "{\"required\": \"a\"}",
      "manifest key config.required: must be an array of strings, not the string \"a\""
    ),
    (
      "{\"enum\": []}",
      "manifest key config.enum: must be an array with at least one value, not an array"
    ),
    ("{\"minimum\": \"1\"}", "manifest key config.minimum: must be a number, not the string \"1\""),
    (
      "{\"minLength\": -1}",
      "manifest key config.minLength: must be a whole number from 0, not the number -1"
    ),
    (
      "{\"pattern\": \"(a\"}",
      "manifest key config.pattern: \"(a\" is no extended regular expression: Unmatched ( or \\("
    ),
    (
      "{\"pattern\": \"(a)\\\\1\"}",
      "manifest key config.pattern: \"(a)\\1\" has a back-reference, which can take hours"
    ),
    (
      "{\"pattern\": \"a{1,256}\"}",
      "manifest key config.pattern: \"a{1,256}\" has a repeat counted beyond 255"
    ),
    (
      "{\"properties\": {\"n\": {\"type\": \"integer\", \"default\": \"x\"}}}",
      "manifest key config.properties.n.default: must be a whole number, not the string \"x\""
    ),
    ("{\"items\": 1}", "manifest key config.items: must be an object (a schema), not the number 1"),
  ]

  @Test("is refused where it is wrong itself, with the keyword", arguments: broken)
  func refusesSchema(_ item: (schema: String, message: String)) {
    let error = #expect(throws: ManifestError.self) { try schema(item.schema) }
    #expect(error?.description == item.message)
  }

  @Test("of more than 16 levels is refused")
  func depth() {
    let text =
      String(repeating: "{\"items\": ", count: 17) + "{}" + String(repeating: "}", count: 17)
    let error = #expect(throws: ManifestError.self) { try schema(text) }
    #expect(error?.reason == "more than 16 levels of schema")
  }

  @Test("that is absent takes any object")
  func anything() throws {
    let settings = JSON.object(["x": .array([.null])])
    #expect(try SettingsSchema.anything.apply(to: settings) == settings)
  }
}
