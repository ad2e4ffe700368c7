import HostSupport
import PluginHost

extension ControlMethod {
  private struct Nothing: Codable, Sendable {}

  /// All methods by name, as PROTOCOL.md lists them.
  static let table: [String: ControlMethod] = {
    let all =
      hostMethods + pluginMethods + quarantineMethods + crashMethods + eventMethods
      + observingMethods + deadLetterMethods + recordingMethods + metadataMethods + breakerMethods
    return Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
  }()

  private static let hostMethods: [ControlMethod] = [
    .reply("host.info") { host, _ in try host.hostReport() },
    .reply("host.metrics") { host, _ in try host.metrics() },
    .reply("host.metrics.history", ["name", "labels", "from", "limit"]) { host, given in
      try host.metricsHistory(
        given.series(), from: given.time("from") ?? 0,
        limit: Int(given.integer("limit", 1...100_000) ?? 1_000))
    },
    .reply("host.health", ["id"]) { host, given in
      try host.health(given.optionalString("id"))
    },
    .reply("host.safe-mode.leave", ["timeoutMs"]) { host, given in
      try host.leaveSafeMode(deadline: given.deadline())
    },
    .reply("host.stop") { host, _ in
      try host.stop()
      return Nothing()
    },
  ]

  private static let pluginMethods: [ControlMethod] = [
    .reply("plugins.list") { host, _ in try host.list() },
    .reply("plugins.graph") { host, _ in try host.graph() },
    .reply("plugins.plan") { host, _ in try host.plan() },
    .reply("plugins.info", ["id"]) { host, given in try host.info(given.string("id")) },
    .reply("plugins.why", ["id"]) { host, given in try host.why(given.string("id")) },
    .reply("plugins.load", ["target", "timeoutMs"]) { host, given in
      try host.load(given.string("target"), deadline: given.deadline())
    },
    .reply("plugins.unload", ["id", "timeoutMs"]) { host, given in
      try host.unload(given.string("id"), deadline: given.deadline())
    },
    .reply("plugins.reload", ["id", "dryRun", "isolation", "timeoutMs"]) { host, given in
      try host.reload(
        given.string("id"), dryRun: given.bool("dryRun"), place: given.place("isolation"),
        deadline: given.deadline())
    },
    .reply("plugins.rollback", ["id", "timeoutMs"]) { host, given in
      try host.rollback(given.string("id"), deadline: given.deadline())
    },
  ]

  private static let quarantineMethods: [ControlMethod] = [
    .reply("quarantine.list") { host, _ in try host.quarantineList() },
    .reply("quarantine.why", ["target"]) { host, given in
      try host.quarantineWhy(given.string("target"))
    },
    .reply("quarantine.clear", ["target"]) { host, given in
      try host.quarantineClear(given.optionalString("target"))
    },
  ]

  private static let eventMethods: [ControlMethod] = [
    .reply("events.publish", ["type", "subject", "datacontenttype", "data", "data_base64"]) {
      host, given in
      try host.publish(
        type: given.string("type"), payload: given.payload(),
        subject: given.optionalString("subject"))
    },
    .reply("events.recent", ["pattern", "limit"]) { host, given in
      try host.recentEvents(
        pattern: given.optionalString("pattern") ?? ">",
        limit: Int(given.integer("limit", 1...10_000) ?? 100))
    },
    .reply("events.routes") { host, _ in try host.routes() },
    .stream("events.follow", ["pattern"]) { host, given, notifications in
      try host.tap(pattern: given.optionalString("pattern") ?? ">") {
        notifications.add(.event($0))
      }
    },
    .reply(
      "services.call", ["service", "timeoutMs", "datacontenttype", "data", "data_base64"]
    ) { host, given in
      try host.call(
        service: given.string("service"), payload: given.payload(), deadline: given.deadline())
    },
  ]
}

extension RPCParameters {
  /// A figure: its name and labels.
  fileprivate func series() throws(RPCFailure) -> String {
    var labels: [String: String] = [:]
    switch members["labels"] {
    case nil, .null: break
    case .object(let members):
      for (name, value) in members {
        guard let value = value.string else {
          throw .invalidParameters("\"labels\" must be an object of strings")
        }
        labels[name] = value
      }
    default: throw .invalidParameters("\"labels\" must be an object of strings")
    }
    return MetricReport(try string("name"), .gauge, 0, labels: labels).series
  }

  /// A time, or how long ago; nanoseconds since 1970-01-01 UTC.
  fileprivate func time(_ name: String) throws(RPCFailure) -> Int64? {
    guard let text = try optionalString(name) else { return nil }
    guard case .time(let time)? = LogMoment(text) else {
      throw .invalidParameters(
        "\"\(name)\" must be a time such as \"2026-01-31T10:00:00Z\", or how long ago, such as \"15m\""
      )
    }
    return time
  }
}
