import HostSupport
import TestSupport
import Testing

@testable import PluginHost

@Suite("The configuration")
struct ConfigurationLoaderTests {
  private func load(
    file: String? = nil, environment: [String: String] = [:], flags: [String: JSON] = [:]
  ) throws(ConfigurationError) -> HostConfiguration {
    var loader = ConfigurationLoader()
    if let file { loader.add(file: Array(file.utf8), path: "dovetail.json") }
    loader.add(environment: environment)
    loader.add(flags: flags)
    return try loader.load()
  }

  @Test("without sources has the documented defaults")
  func defaults() throws {
    let configuration = try load()
    #expect(configuration == HostConfiguration())
    #expect(configuration.plugins == "plugins")
    #expect(configuration.lifecycleDeadline == 10_000)
    #expect(configuration.drainDeadline == 5_000)
    #expect(configuration.gateDeadline == 5_000)
    #expect(configuration.debounceMilliseconds == 250)
    #expect(configuration.probation.seconds == 10)
    #expect(configuration.probation.bytes == 67_108_864)
    #expect(configuration.crash == .traps)
  }

  @Test("of a file may have comments, bare names and trailing commas")
  func file() throws {
    let configuration = try load(
      file: """
        // A host.
        { plugins: '/srv/plugins', mode: "both", watch: true, debounceMilliseconds: 0,
          includes: ["*.so"], excludes: ["x*"], disabled: ["a"],
          probation: { seconds: 0, calls: 5, bytes: 1 }, "retiredBudget.images": 7,
          crash: "off", crashPolicies: { b: "contain-all" }, asyncThreads: 2, depthLimit: 9, log: { level: "debug", format: "json" },
          journal: { fsync: false }, load: { probe: true },
          metadata: { provider: "memory", path: "/m" }, state: "/s", name: "h",
          lifecycleDeadline: 1, shutdownDeadline: 2, drainDeadline: 3, gateDeadline: 4,
          settings: { a: { x: 1 } }, }
        """)
    var expected = HostConfiguration()
    expected.plugins = "/srv/plugins"
    expected.mode = .both
    expected.watch = true
    expected.debounceMilliseconds = 0
    expected.includes = ["*.so"]
    expected.excludes = ["x*"]
    expected.disabled = ["a"]
    expected.probation.seconds = 0
    expected.probation.calls = 5
    expected.probation.bytes = 1
    expected.retiredBudget.images = 7
    expected.crash = .off
    expected.crashPolicies = ["b": .containAll]
    expected.asyncThreads = 2
    expected.depthLimit = 9
    expected.log.level = .debug
    expected.log.format = .json
    expected.journalFsync = false
    expected.loadProbe = true
    expected.metadata.provider = .memory
    expected.metadata.path = "/m"
    expected.state = "/s"
    expected.name = "h"
    expected.lifecycleDeadline = 1
    expected.shutdownDeadline = 2
    expected.drainDeadline = 3
    expected.gateDeadline = 4
    expected.settings = ["a": .object(["x": .int(1)])]
    expected.given = configuration.given
    #expect(configuration == expected)
    #expect(configuration.given["depthLimit"] == .int(9))
    #expect(configuration.given["settings"] == .array([.string("a")]))
  }

  @Test("rises from file through environment to flags")
  func precedence() throws {
    let file = "{depthLimit: 1, asyncThreads: 1, name: 'f', settings: {a: {x: 1, y: 1}, b: {}}}"
    let environment = [
      "DOVETAIL_DEPTH_LIMIT": "2", "DOVETAIL_ASYNC_THREADS": "2",
      "DOVETAIL_SETTINGS": "{a: {y: 2}}", "DOVETAIL_CONFIG": "dovetail.json", "HOME": "/",
    ]
    let configuration = try load(
      file: file, environment: environment, flags: ["depthLimit": .int(3)])
    #expect(configuration.depthLimit == 3)
    #expect(configuration.asyncThreads == 2)
    #expect(configuration.name == "f")
    #expect(
      configuration.settings == [
        "a": .object(["x": .int(1), "y": .int(2)]), "b": .object([:]),
      ])
  }

  @Test(
    "of the environment reads words and lists",
    arguments: [("true", true), ("1", true), ("ON", true), ("no", false), ("0", false)])
  func environmentWords(text: String, expected: Bool) throws {
    let configuration = try load(
      environment: [
        "DOVETAIL_WATCH": text, "DOVETAIL_DISABLED": "a,b", "DOVETAIL_LOG_LEVEL": "error",
      ])
    #expect(configuration.watch == expected)
    #expect(configuration.disabled == ["a", "b"])
    #expect(configuration.log.level == .error)
  }

  static let wrong: [(file: String, message: String)] = [
    ("[]", "dovetail.json: must be an object, as in { plugins: \"plugins\" }"),
    (
      "{watsh: true}", "dovetail.json: watsh: is no setting of the host (did you mean \"watch\"?)"
    ),
    (
      "{probation: {second: 1}}",
      "dovetail.json: probation.second: is no setting of the host"
        + " (did you mean \"probation.seconds\"?)"
    ),
    (
      "{probatoin: {}}",
      "dovetail.json: probatoin: is no setting of the host (did you mean \"probation\"?)"
    ),
    ("{probation: 5}", "dovetail.json: probation: must be an object, not the number 5"),
    ("{watch: 'yes'}", "dovetail.json: watch: must be true or false, not the string \"yes\""),
    (
      "{depthLimit: 0}",
      "dovetail.json: depthLimit: must be a whole number in 1…64, not the number 0"
    ),
    (
      "{depthLimit: 1.5}",
      "dovetail.json: depthLimit: must be a whole number in 1…64, not the number 1.5"
    ),
    (
      "{mode: 'builtn'}",
      "dovetail.json: mode: must be one of directory, builtin, both, not the string \"builtn\""
        + " (did you mean \"builtin\"?)"
    ),
    ("{mode: 1}", "dovetail.json: mode: must be one of directory, builtin, both, not the number 1"),
    (
      "{plugins: ''}",
      "dovetail.json: plugins: must be a string that is not empty, not the string \"\""
    ),
    (
      "{disabled: ['a', 1]}",
      "dovetail.json: disabled: must be an array of strings that are not empty; it contains the"
        + " number 1"
    ),
    (
      "{crashPolicies: {a: 'off', b: 'trap'}}",
      "dovetail.json: crashPolicies: must be an object with one of traps, contain-all, off for each "
        + "plugin id; b has the string \"trap\" (did you mean \"traps\"?)"
    ),
    (
      "{crashPolicies: {a: 1}}",
      "dovetail.json: crashPolicies: must be an object with one of traps, contain-all, off for each "
        + "plugin id; a has the number 1"
    ),
    (
      "{settings: {a: 1}}",
      "dovetail.json: settings: must have an object for each plugin; a has the number 1"
    ),
    (
      "{health: {plugins: {a: 1}}}",
      "dovetail.json: health.plugins: must have an object for each plugin; a has the number 1"
    ),
    (
      "{health: {plugins: {a: {intervall: 1}}}}",
      "dovetail.json: health.plugins: has no member intervall of a (did you mean \"interval\"?)"
    ),
    (
      "{health: {plugins: {a: {action: 'restart', failures: 0}}}}",
      "dovetail.json: health.plugins: of a: failures must be a whole number in 1…1000, not the"
        + " number 0"
    ),
    (
      "{budget: {plugins: {a: {xyz: 1}}}}",
      "dovetail.json: budget.plugins: has no member xyz of a"
    ),
    (
      "{name: '../x'}",
      "configuration: name: must be 1 to 64 letters, digits, -, _ or ., not \"../x\""
    ),
    (
      "{watch: 1, depthLimit: 'x'}",
      "dovetail.json: depthLimit: must be a whole number in 1…64, not the string \"x\"\n"
        + "dovetail.json: watch: must be true or false, not the number 1"
    ),
  ]

  @Test("is refused with every wrong key, what it has and what is allowed", arguments: wrong)
  func refuses(_ item: (file: String, message: String)) {
    let error = #expect(throws: ConfigurationError.self) { try load(file: item.file) }
    #expect(error?.description == item.message)
  }

  @Test("that is not JSON5 is refused with the place of the first error")
  func notJSON() {
    let error = #expect(throws: ConfigurationError.self) {
      try load(file: "{\n  plugins: \"p\"\n  watch: true\n}")
    }
    #expect(
      error?.description
        == "dovetail.json: not valid JSON: line 3, column 3: expected \",\" or \"}\", found 'w'")
  }

  @Test("of more than 1 MiB is refused")
  func tooLarge() {
    let text = String(repeating: " ", count: 1_048_577)
    let error = #expect(throws: ConfigurationError.self) { try load(file: text) }
    #expect(error?.description == "dovetail.json: is larger than 1 MiB")
  }

  @Test("is read from a regular file only")
  func files() throws {
    let folder = TemporaryDirectory()
    try Fixtures.write(Array("{depthLimit: 3} // x".utf8), to: folder.file("a.json"))
    var loader = ConfigurationLoader()
    try loader.add(fileAt: folder.file("a.json"))
    #expect(try loader.load().depthLimit == 3)
    try loader.add(fileAt: folder.path)
    let problem = #expect(throws: ConfigurationError.self) { try loader.load() }
    #expect(problem?.description == "\(folder.path): is no regular file")
    let missing = #expect(throws: SystemError.self) {
      var loader = ConfigurationLoader()
      try loader.add(fileAt: "/nowhere/a.json")
    }
    #expect(missing?.description == "open /nowhere/a.json: No such file or directory")
  }

  @Test("names the environment variable that is wrong or unknown")
  func wrongEnvironment() {
    let error = #expect(throws: ConfigurationError.self) {
      try load(environment: ["DOVETAIL_WATHC": "1", "DOVETAIL_DEPTH_LIMIT": "many"])
    }
    #expect(
      error?.description
        == "DOVETAIL_DEPTH_LIMIT: depthLimit: must be a whole number in 1…64, not the string"
        + " \"many\"\nDOVETAIL_WATHC: is no setting of the host"
        + " (did you mean \"DOVETAIL_WATCH\"?)")
  }

  @Test("of a single plugin overrides what holds for all, wherever that comes from")
  func overrides() throws {
    let configuration = try load(
      file: "{health: {plugins: {a: {interval: 5, action: 'restart'}}, deadline: 7}}",
      environment: ["DOVETAIL_HEALTH_INTERVAL": "99", "DOVETAIL_BUDGET_HANDLES": "3"])
    #expect(configuration.health(of: "a").interval == 5)
    #expect(configuration.health(of: "a").action == .restart)
    #expect(configuration.health(of: "a").deadline == 7)
    #expect(configuration.health(of: "b").interval == 99)
    #expect(configuration.health(of: "b").action == .none)
    #expect(configuration.budget(of: "a").handles == 3)
  }

  @Test("has a variable, a meaning and a range for every key, none twice")
  func keys() {
    let keys = ConfigurationKey.all
    #expect(Set(keys.map(\.path)).count == keys.count)
    #expect(Set(keys.map(\.variable)).count == keys.count)
    #expect(ConfigurationKey.named("probation.seconds")?.variable == "DOVETAIL_PROBATION_SECONDS")
    #expect(ConfigurationKey.named("gateDeadline")?.allowed == "a whole number in 1…600000")
    #expect(keys.allSatisfy { !$0.meaning.isEmpty })
  }
}
