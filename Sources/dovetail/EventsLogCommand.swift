import ControlPlane
import PluginHost

let eventsLogCommand = Command(
  "events log", "show recorded events, oldest first",
  options: [
    Option("from", value: "N|TIME", "begin with this record: its number, a time, or how long ago"),
    Option("to", value: "N|TIME", "end with this record"),
    Option("pattern", value: "PATTERN", "only topics that the pattern matches"),
    Option("limit", value: "N", "at most so many, 1...1000000 (default: 100)"),
  ],
  discussion:
    "A time is as in 2026-01-31T10:00:00Z, or how long ago: 90s, 15m, 2h, 3d. Without --from, the\n"
    + "latest are shown. A line says where events are missing. With --json, one object a line.\n"
    + "What is recorded, the configuration says: events.record.",
  example: "dovetail events log --from 15m --pattern 'order.>'",
  subcommands: [eventsLogStatsCommand]
) { invocation throws(CommandFailure) in
  try RecordedEvents.list(invocation)
}
