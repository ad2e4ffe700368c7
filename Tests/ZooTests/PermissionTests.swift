import HostSupport
import TestSupport
import Testing

/// What a manifest does not permit is refused, and nobody needs to ask why.
@Suite(.serialized) struct PermissionTests {
  /// Every other call that names a topic, a service or a collection, by the permission that it lacks and for what.
  private static let others = [
    ("publish to", "publish", "zoo.secret", ["topic", "declare", "route"]),
    ("subscribe to", "subscribe", "zoo.>", ["respond", "take"]),
    ("intercept", "intercept", "zoo.>", ["intercept"]),
    ("call the service", "services", "witness.ticks", ["execute"]),
    (
      "use the collection", "metadata", "secrets",
      [
        "validate", "list", "page", "watch", "past", "history", "query", "define", "look", "ask",
      ]
    ),
  ]

  private static let refusals = [
    "publish":
      #"7 plugin nosy may not publish to 'zoo.secret'; add "permissions": {"publish": ["zoo.secret"]} to its plugin.json"#,
    "subscribe":
      #"7 plugin nosy may not subscribe to 'zoo.>'; add "permissions": {"subscribe": ["zoo.>"]} to its plugin.json"#,
    "put":
      #"7 plugin nosy may not use the collection 'secrets'; add "permissions": {"metadata": ["secrets"]} to its plugin.json"#,
    "get":
      #"7 plugin nosy may not use the collection 'secrets'; add "permissions": {"metadata": ["secrets"]} to its plugin.json"#,
    "call":
      #"7 plugin nosy may not call the service 'witness.ticks'; add "permissions": {"services": ["witness.ticks"]} to its plugin.json"#,
  ]

  private func denied(_ zoo: Zoo) throws -> Double? {
    let figures = try zoo.host.ask("metrics").json?.array ?? []
    return figures.first {
      $0["name"]?.string == "dovetail_lost_total" && $0["labels"]?["kind"]?.string == "denied"
        && $0["labels"]?["plugin"]?.string == "nosy"
    }?["value"]?.double
  }

  @Test func `promises 10 and 14: A denial names the line to add, is counted, and is an event`()
    throws
  {
    let zoo = try Zoo()
    try zoo.add("nosy", [], #""permissions": {"subscribe": ["nosy.>"]}"#, source: "nosy")
    try zoo.host.start()
    #expect(try denied(zoo) == nil)
    for (what, refusal) in Self.refusals {
      #expect(try zoo.host.call("nosy.\(what)") == refusal)
    }
    #expect(try denied(zoo) == Double(Self.refusals.count))
    #expect(zoo.host.log.contains("plugin nosy may not "), "\(zoo.host.log)")
    var total = 0
    let isTold = try Condition.holds {
      let lines = try zoo.host.ask("events", "loss.denied").output.split(separator: "\n")
      let events = lines.compactMap { try? JSON(parsing: Array($0.utf8)) }
      total = events.filter { $0["subject"]?.string == "nosy" }
        .reduce(0) { $0 + ($1["data"]?["count"]?.int.map { Int($0) } ?? 0) }
      return total == Self.refusals.count
    }
    #expect(isTold, "\(total) denials were told of")
    #expect(try zoo.host.ask("meta", "get", "secrets", "key").status == 4)
    try zoo.expect(["nosy": "active", "witness": "active"])
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test(arguments: ["inProcess", "isolated"])
  func `promise 14: No other interface lets through what one refuses`(place: String) throws {
    let zoo = try Zoo(configuration: #"{"isolation": {"\#(place)": ["nosy"]}}"#)
    try zoo.add(
      "nosy", [], #""isolation": "either", "permissions": {"subscribe": ["nosy.>"]}"#,
      source: "nosy")
    try zoo.host.start()
    for (verb, key, name, attempts) in Self.others {
      let refusal =
        #"7 plugin nosy may not \#(verb) '\#(name)'; add "permissions": {"\#(key)": ["\#(name)"]} to its plugin.json"#
      for attempt in attempts {
        #expect(try zoo.host.call("nosy.\(attempt)") == refusal, "\(attempt)")
      }
    }
    #expect(try denied(zoo) == Double(Self.others.reduce(0) { $0 + $1.3.count }))
    zoo.expectCleanEnd()
  }

  @Test func `promise 14: What the manifest permits is done`() throws {
    let zoo = try Zoo()
    try zoo.add(
      "nosy", [],
      #""permissions": {"publish": ["zoo.secret"], "subscribe": ["zoo.>"], "metadata": ["secrets"], "services": ["witness.*"]}"#,
      source: "nosy")
    try zoo.host.start()
    for what in ["publish", "subscribe", "put", "get", "call"] {
      #expect(try zoo.host.call("nosy.\(what)") == "0 ")
    }
    #expect(try denied(zoo) == nil)
    #expect(try zoo.host.call("witness.pings") == "1")
    zoo.expectCleanEnd()
  }
}
