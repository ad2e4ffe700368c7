import HostSupport
import Testing

@testable import PluginHost

@Suite("A manifest")
struct ManifestTests {
  private func parse(_ text: String) throws(ManifestError) -> Manifest {
    try Manifest(parsing: Array(text.utf8))
  }

  @Test("with the three keys that it must have gets defaults for the others")
  func defaults() throws {
    let manifest = try parse(Fixtures.manifest("log-source", version: "1.2.3"))
    #expect(manifest == Manifest(id: "log-source", version: SemanticVersion(1, 2, 3)))
    #expect(manifest.abi == ABIVersion(1, 0))
    #expect(manifest.permissions.publish == ["log-source", "log-source.>"])
    #expect(manifest.permissions.subscribe == [">"])
    #expect(manifest.permissions.metadata == ["log-source", "log-source.>"])
    #expect(manifest.permissions.services.isEmpty)
    #expect(manifest.permissions.network == .none && !manifest.permissions.exec)
    #expect(manifest.isolation == .either)
    #expect(manifest.reload == .live)
    #expect(manifest.unload == .auto)
    #expect(manifest.state == nil)
    #expect(manifest.warnings.isEmpty)
  }

  @Test("may bound what the plugin's own collections hold")
  func quota() throws {
    let text = #"{"id": "a", "version": "1.0.0", "abi": "1.0", "quota": {"records": 5}}"#
    #expect(try parse(text).quota == MetadataQuota(records: 5, bytes: nil))
    #expect(throws: ManifestError.self) {
      try parse(text.replacing("5", with: "-5"))
    }
  }

  @Test("keeps every key")
  func everyKey() throws {
    let manifest = try parse(
      """
      {"id": "a.b", "version": "1.0.0-rc.1", "abi": "1.3", "toolchain": "swift-6.3.1",
       "description": "d \\u00e9\\ud83d\\ude00\\n", "author": "ä", "license": "MIT",
       "requires": {"c": "^1"}, "optional": {"d": "*"}, "conflicts": {"e": "<2"},
       "provides": {"services": ["s3.put"], "events": ["a.b.x"]},
       "before": ["f"], "after": ["g", "h"],
       "permissions": {"publish": ["x.*"], "subscribe": ["y.>"], "metadata": [], "services": ["s"],
         "files": {"read": ["/etc"], "write": ["/var/x"]}, "network": true, "exec": false},
       "isolation": "either", "reload": "restart-dependents", "unload": "clean",
       "state": {"schema": "counts", "version": 2, "accepts": [1]},
       "config": {"properties": {"n": {"type": "integer", "default": 3}}}}
      """)
    #expect(manifest.abi == ABIVersion(1, 3))
    #expect(manifest.toolchain == "swift-6.3.1")
    #expect(manifest.description == "d é😀\n")
    #expect(manifest.author == "ä")
    #expect(manifest.license == "MIT")
    #expect(manifest.requires.mapValues(\.text) == ["c": "^1"])
    #expect(manifest.optional.mapValues(\.text) == ["d": "*"])
    #expect(manifest.conflicts.mapValues(\.text) == ["e": "<2"])
    #expect(manifest.providedServices == ["s3.put"])
    #expect(manifest.providedEvents == ["a.b.x"])
    #expect(manifest.before == ["f"])
    #expect(manifest.after == ["g", "h"])
    #expect(manifest.permissions.publish == ["x.*"])
    #expect(manifest.permissions.subscribe == ["y.>"])
    #expect(manifest.permissions.metadata == [])
    #expect(manifest.permissions.services == ["s"])
    #expect(manifest.permissions.files.read == ["/etc"])
    #expect(manifest.permissions.files.write == ["/var/x"])
    #expect(manifest.permissions.network == .all)
    #expect(manifest.isolation == .either)
    #expect(manifest.reload == .restartDependents)
    #expect(manifest.unload == .clean)
    #expect(manifest.state == StateContract(schema: "counts", version: 2, accepts: [1, 2]))
    #expect(try manifest.settings.apply(to: .object([:])) == .object(["n": .int(3)]))
  }

  @Test("names ports of the network, or all of it")
  func network() throws {
    func network(_ text: String) throws -> NetworkAccess {
      let more = "\"permissions\": {\"network\": \(text)}"
      return try parse(Fixtures.manifest("a", more)).permissions.network
    }
    #expect(try network("false") == .none)
    #expect(
      try network("true") == NetworkAccess(connect: .any, listen: .any, udp: true, unix: false))
    #expect(
      try network("{\"connect\": [443, 5432], \"listen\": \"any\", \"unix\": true}")
        == NetworkAccess(connect: .only([443, 5_432]), listen: .any, udp: false, unix: true))
    #expect(try network("{}") == .none)
  }

  @Test("keeps unknown keys and names the nearest known one")
  func unknownKeys() throws {
    let manifest = try parse(
      Fixtures.manifest(
        "a", "\"requries\": {\"b\": \"*\"}, \"zzz\": 1, \"permissions\": {\"publsh\": []}"))
    #expect(manifest.unknown["zzz"] == .int(1))
    #expect(
      manifest.warnings == [
        "manifest key permissions.publsh is unknown and ignored"
          + " (did you mean \"permissions.publish\"?)",
        "manifest key requries is unknown and ignored (did you mean \"requires\"?)",
        "manifest key zzz is unknown and ignored",
      ])
  }

  @Test("may be followed by zero bytes, as a C string literal is")
  func trailingZeros() throws {
    let bytes = Array(Fixtures.manifest().utf8) + [0, 0, 0]
    #expect(try Manifest(parsing: bytes).id == "a")
  }

  static let wrong: [(more: String, message: String)] = [
    ("\"toolchain\": 6", "manifest key toolchain: must be a string, not the number 6"),
    ("\"requires\": [\"b\"]", "manifest key requires: must be an object, not an array"),
    (
      "\"requires\": {\"b\": 1}",
      "manifest key requires.b: must be a version range in a string, such as \"^1.0\","
        + " not the number 1"
    ),
    (
      "\"requires\": {\"b\": \"one\"}",
      "manifest key requires.b: \"one\": the major number is not a number: one"
    ),
    ("\"requires\": {\"a\": \"*\"}", "manifest key requires.a: names the plugin itself"),
    (
      "\"requires\": {\"b\": \"*\"}, \"optional\": {\"b\": \"*\"}",
      "manifest key optional.b: is required already; name it in one of the two"
    ),
    (
      "\"requires\": {\"b c\": \"*\"}",
      "manifest key requires: \"b c\" is not allowed; an id is 1 to 128 letters, digits, - or _ in"
        + " segments joined by ., each beginning with a letter or digit"
    ),
    ("\"after\": \"b\"", "manifest key after: must be an array of strings, not the string \"b\""),
    ("\"after\": [1]", "manifest key after[0]: must be a string, not the number 1"),
    ("\"after\": [\"\"]", "manifest key after[0]: is empty"),
    ("\"permissions\": true", "manifest key permissions: must be an object, not true"),
    (
      "\"permissions\": {\"network\": \"yes\"}",
      "manifest key permissions.network: must be true, false or an object with connect, listen,"
        + " udp and unix, not the string \"yes\""
    ),
    (
      "\"permissions\": {\"network\": {\"connect\": [443, 0]}}",
      "manifest key permissions.network.connect[1]: must be a port, 1 to 65535, not the number 0"
    ),
    (
      "\"permissions\": {\"network\": {\"listen\": \"all\"}}",
      "manifest key permissions.network.listen: must be \"any\" or an array of at most 64 ports,"
        + " 1 to 65535, not the string \"all\""
    ),
    (
      "\"permissions\": {\"files\": {\"write\": [\"/a\\nexec\"]}}",
      "manifest key permissions.files.write[0]: has a control character, or more than 4095 bytes"
    ),
    (
      "\"permissions\": {\"publish\": [\"a.>.b\"]}",
      "manifest key permissions.publish[0]: pattern 'a.>.b': '>' must be the last segment"
    ),
    (
      "\"permissions\": {\"subscribe\": [\"a\", \"b.c d\"]}",
      "manifest key permissions.subscribe[1]: pattern 'b.c d': topic 'c d' has a"
        + " character other than letters, digits, '_', '-' and '.'; write a topic, or use '*' for one whole"
        + " segment and '>' for all that follow"
    ),
    (
      "\"permissions\": {\"services\": [\"a.b*\"]}",
      "manifest key permissions.services[0]: pattern 'a.b*': topic 'b*' has a"
        + " character other than letters, digits, '_', '-' and '.'; write a topic, or use '*' for one whole"
        + " segment and '>' for all that follow"
    ),
    (
      "\"permissions\": {\"files\": {\"read\": [\"etc\"]}}",
      "manifest key permissions.files.read[0]: \"etc\" is not an absolute path beginning with /"
    ),
    (
      "\"reload\": \"lve\"",
      "manifest key reload: \"lve\" is not one of live, handoff, restart-dependents, never"
        + " (did you mean \"live\"?)"
    ),
    ("\"unload\": null", "manifest key unload: must be a string, not null"),
    ("\"state\": {\"version\": 1}", "manifest key state.schema: is missing"),
    ("\"state\": {\"schema\": \"s\"}", "manifest key state.version: is missing"),
    (
      "\"state\": {\"schema\": \"s\", \"version\": -1}",
      "manifest key state.version: must be a whole number from 0, not the number -1"
    ),
    (
      "\"state\": {\"schema\": \"s\", \"version\": 1, \"accepts\": [1.5]}",
      "manifest key state.accepts[0]: must be a whole number from 0, not the number 1.5"
    ),
    (
      "\"config\": {\"type\": \"strin\"}",
      "manifest key config.type: \"strin\" is not one of object, array, string, integer, number,"
        + " boolean, null (did you mean \"string\"?)"
    ),
  ]

  @Test("is refused where a key is wrong, with the key", arguments: wrong)
  func wrongKeys(_ item: (more: String, message: String)) {
    let error = #expect(throws: ManifestError.self) { try parse(Fixtures.manifest("a", item.more)) }
    #expect(error?.description == item.message)
  }

  static let incomplete: [(text: String, message: String)] = [
    ("{}", "manifest key id: is missing"),
    ("{\"ID\": \"a\"}", "manifest key id: is missing; \"ID\" looks like it, misspelled"),
    ("{\"id\": \"a\"}", "manifest key version: is missing"),
    ("{\"id\": \"a\", \"version\": \"1.0.0\"}", "manifest key abi: is missing"),
    (
      "{\"id\": \"a\", \"version\": \"1\"}",
      "manifest key version: \"1\": a version has three numbers, such as 1.0.0"
    ),
    (
      "{\"id\": \"a\", \"version\": \"1.0.0\", \"abi\": \"1\"}",
      "manifest key abi: \"1\" is not MAJOR.MINOR, such as \"1.0\""
    ),
    (
      "{\"id\": \"\"}",
      "manifest key id: has 0 bytes; an id is 1 to 128 letters, digits, - or _ in segments joined by ."
    ),
    (
      "{\"id\": \"a..b\"}",
      "manifest key id: \"a..b\" has an empty segment; an id is 1 to 128 letters, digits, - or _ in"
        + " segments joined by ."
    ),
    (
      "{\"id\": \"a.\"}",
      "manifest key id: \"a.\" ends with a dot; an id is 1 to 128 letters, digits, - or _ in"
        + " segments joined by ."
    ),
  ]

  @Test("is refused where a key that it must have is missing or wrong", arguments: incomplete)
  func incompleteKeys(_ item: (text: String, message: String)) {
    let error = #expect(throws: ManifestError.self) { try parse(item.text) }
    #expect(error?.description == item.message)
  }

  @Test(
    "may have an id of letters, digits, - and _ in segments",
    arguments: ["a", "A1", "9", "a-b", "a_b.c-d", "x.y.z"])
  func goodIDs(id: String) {
    #expect(Manifest.idProblem(id) == nil)
  }

  @Test(
    "may not have an id that could be a path, a pattern or two words",
    arguments: ["a/b", "..", ".a", "a*", "a>", "a b", "é", "-a", "_a", "a.-b", "a\n"])
  func badIDs(id: String) {
    #expect(Manifest.idProblem(id) != nil)
  }
}
