import HostSupport
import PluginHost

extension ControlMethod {
  /// What is asked about events that could not be delivered.
  static let deadLetterMethods: [ControlMethod] = [
    .reply("events.dead.list", ["topic", "limit"]) { host, given in
      let topic = try given.optionalString("topic")
      return try host.deadLetters(
        topic.map { .topic($0) } ?? .all, limit: Int(given.integer("limit", 1...10_000) ?? 100))
    },
    .reply("events.dead.show", ["id"]) { host, given in
      guard let id = try given.integer("id", 1...(.max)) else {
        throw RPCFailure.invalidParameters("\"id\" is missing")
      }
      return try host.deadLetter(UInt64(id))
    },
    .reply("events.dead.replay", ["ids", "topic", "all"]) { host, given in
      try host.replayDeadLetters(given.deadLetters())
    },
    .reply("events.dead.drop", ["ids", "topic", "all"]) { host, given in
      try host.dropDeadLetters(given.deadLetters())
    },
  ]
}

extension RPCParameters {
  /// The dead letters that exactly one of `ids`, `topic` and `all` names.
  fileprivate func deadLetters() throws(RPCFailure) -> DeadLetterChoice {
    switch (try numbers("ids"), try optionalString("topic"), try bool("all")) {
    case (let ids?, nil, false): return .ids(ids)
    case (nil, let topic?, false): return .topic(topic)
    case (nil, nil, true): return .all
    default: throw .invalidParameters("give exactly one of \"ids\", \"topic\" and \"all\"")
    }
  }
}
