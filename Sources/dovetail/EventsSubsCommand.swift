import ControlPlane
import HostSupport
import PluginHost

let eventsSubsCommand = Command(
  "events subs", "list the subscriptions: what they want, how they stand, what became of it",
  options: [
    Option("plugin", value: "ID", "only those of one plugin"),
    Option("topic", value: "TOPIC", "only those whose pattern matches a topic"),
  ],
  example: "dovetail events subs --topic phase.started"
) { invocation throws(CommandFailure) in
  var parameters: [String: JSON] = [:]
  for name in ["plugin", "topic"] {
    parameters[name] = invocation.value(name).map { .string($0) }
  }
  let subscriptions: [SubscriptionReport] = try invocation.request("events.subs", parameters)
  invocation.show(subscriptions) { Views.subscriptions(subscriptions, $0) }
  return .ok
}
