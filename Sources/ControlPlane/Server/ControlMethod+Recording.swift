import HostSupport
import PluginHost

extension ControlMethod {
  /// What is asked about recorded events.
  static let recordingMethods: [ControlMethod] = [
    .reply("events.log", ["from", "to", "pattern", "limit"]) { host, given in
      try host.recordedEvents(
        from: given.moment("from"), to: given.moment("to"),
        pattern: given.optionalString("pattern") ?? ">",
        limit: Int(given.integer("limit", 1...1_000) ?? 100))
    },
    .reply("events.log.stats") { host, _ in try host.eventLog() },
    .stream("events.replay", ["from", "to", "pattern", "into", "plugin", "speed", "dryRun"]) {
      host, given, notifications in
      var request = ReplayRequest(pattern: try given.string("pattern"))
      request.from = try given.moment("from")
      request.to = try given.moment("to")
      request.into = try given.optionalString("into")
      request.plugin = try given.optionalString("plugin")
      request.isDry = try given.bool("dryRun")
      if let text = try given.optionalString("speed") {
        guard let speed = ReplayRequest.speed(text) else {
          throw RPCFailure.invalidParameters(
            "\"speed\" must be \"max\" or a number of times such as \"2x\"")
        }
        request.speed = speed
      }
      return try host.replayEvents(request) { notifications.add(.progress($0)) }
    },
  ]
}

extension RPCParameters {
  /// A place in the event log: a number, or a text as `LogMoment` reads it.
  fileprivate func moment(_ name: String) throws(RPCFailure) -> LogMoment? {
    switch members[name] {
    case nil, .null: return nil
    case .int(let number) where number > 0: return .number(UInt64(number))
    case .string(let text):
      if let moment = LogMoment(text) { return moment }
    default: break
    }
    throw .invalidParameters(
      "\"\(name)\" must be a record's number, a time such as \"2026-01-31T10:00:00Z\", or how long ago, such as \"15m\""
    )
  }
}
