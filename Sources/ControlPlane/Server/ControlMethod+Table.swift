import HostSupport
import PluginHost

extension ControlMethod {
  private struct Nothing: Codable, Sendable {}

  /// All methods by name, as PROTOCOL.md lists them.
  static let table: [String: ControlMethod] = {
    let all =
      hostMethods + pluginMethods + quarantineMethods + eventMethods + observingMethods
      + deadLetterMethods + recordingMethods + metadataMethods
    return Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
  }()

  private static let hostMethods: [ControlMethod] = [
    .reply("host.info") { host, _ in try host.hostReport() },
    .reply("host.metrics") { host, _ in try host.metrics() },
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
    .reply("plugins.reload", ["id", "dryRun", "timeoutMs"]) { host, given in
      try host.reload(
        given.string("id"), dryRun: given.bool("dryRun"), deadline: given.deadline())
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
