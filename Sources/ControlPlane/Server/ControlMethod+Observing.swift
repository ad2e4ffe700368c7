import HostSupport
import PluginHost

extension ControlMethod {
  /// What is asked about topics and subscriptions.
  static let observingMethods: [ControlMethod] = [
    .reply("events.subs", ["plugin", "topic"]) { host, given in
      try host.subscriptions(
        plugin: given.optionalString("plugin"), topic: given.optionalString("topic"))
    },
    .reply("events.stats", ["plugin", "topic"]) { host, given in
      try host.eventStats(
        plugin: given.optionalString("plugin"), topic: given.optionalString("topic"))
    },
    .reply("events.types", ["topic"]) { host, given in
      try host.eventTypes(topic: given.optionalString("topic"))
    },
    .reply("events.explain", ["topic"]) { host, given in
      try host.explain(topic: given.string("topic"))
    },
  ]
}
