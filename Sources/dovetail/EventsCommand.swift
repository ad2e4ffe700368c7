import ControlPlane
import PluginHost

let eventsCommand = Command(
  "events", "show events", operands: [Operand("PATTERN", optional: true)],
  options: [
    Option("follow", short: "f", "go on with every event that comes"),
    Option("limit", value: "N", "at most so many earlier events, 1...10000 (default: 100)"),
    Option("count", value: "N", "with --follow: end after so many events"),
  ],
  discussion: "PATTERN is a topic, or segments with * (one segment) and a last > (one or more).\n"
    + "Without --follow: the latest events that the host still holds. With --json, one\n"
    + "CloudEvents object a line. A topic that is called like a command is given after --.",
  example: "dovetail events --follow 'system.>'",
  subcommands: [
    eventsSubsCommand, eventsExplainCommand, eventsStatsCommand, eventsTapCommand,
    eventsDeadCommand, eventsRoutesCommand, eventsLogCommand, eventsReplayCommand,
    eventsTypesCommand,
  ]
) { invocation throws(CommandFailure) in
  let pattern = invocation.operand(0).isEmpty ? ">" : invocation.operand(0)
  guard invocation.has("follow") else {
    return try Following.recent(invocation, pattern: pattern)
  }
  return try Following.events(invocation, pattern: pattern)
}
