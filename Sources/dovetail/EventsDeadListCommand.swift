import ControlPlane
import HostSupport
import PluginHost

let eventsDeadListCommand = Command(
  "events dead list", "list the events that could not be delivered, and why",
  options: [
    Option("topic", value: "PATTERN", "only those whose topic the pattern matches"),
    Option("limit", value: "N", "at most so many, the latest, 1...10000 (default: 100)"),
  ],
  example: "dovetail events dead list --topic 'torrent.>'"
) { invocation throws(CommandFailure) in
  var parameters: [String: JSON] = [:]
  parameters["topic"] = invocation.value("topic").map { .string($0) }
  parameters["limit"] = try invocation.integer("limit", 1...10_000).map { .int(Int64($0)) }
  let report: DeadLettersReport = try invocation.request("events.dead.list", parameters)
  invocation.show(report) { Views.deadLetters(report, $0) }
  return .ok
}
