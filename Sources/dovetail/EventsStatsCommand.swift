import ControlPlane
import HostSupport
import PluginHost

let eventsStatsCommand = Command(
  "events stats", "print the figures of topics and subscriptions",
  options: [
    Option("plugin", value: "ID", "only one plugin's subscriptions, and their topics"),
    Option("topic", value: "PATTERN", "only topics that the pattern matches"),
  ],
  discussion: "Times of handlers come from samples: about 20 calls a second of each are timed.",
  example: "dovetail events stats --topic 'phase.>'"
) { invocation throws(CommandFailure) in
  var parameters: [String: JSON] = [:]
  for name in ["plugin", "topic"] {
    parameters[name] = invocation.value(name).map { .string($0) }
  }
  let stats: EventStatsReport = try invocation.request("events.stats", parameters)
  invocation.show(stats) { Views.stats(stats, $0) }
  return .ok
}
