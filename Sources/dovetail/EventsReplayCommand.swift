import ControlPlane
import PluginHost

let eventsReplayCommand = Command(
  "events replay", "publish recorded events once more, in order",
  options: [
    Option("from", value: "N|TIME", "begin with this record: its number, a time, or how long ago"),
    Option("to", value: "N|TIME", "end with this record (default: the newest now)"),
    Option("match", value: "PATTERN", "only topics that the pattern matches"),
    Option("into", value: "TOPIC", "to this topic; PREFIX.> puts a prefix before each topic"),
    Option("to-plugin", value: "ID", "only to the subscriptions of one plugin"),
    Option(
      "speed", value: "SPEED", "1x as recorded (default), 2x, 0.5x, …, or max",
      completion: .words(["1x", "2x", "10x", "max"])),
    Option("dry-run", "only count what would be replayed"),
    Option("progress", "print progress even when standard error is no terminal"),
  ],
  discussion:
    "Events keep their id, source and time, and have the attributes replayed=true and replaynumber.\n"
    + "A replay waits for room in the queues that it fills. It ends with this command: Ctrl-C\n"
    + "cancels it. What is replayed is not recorded again.",
  example: "dovetail events replay --from 15m --match 'order.>' --speed 10x"
) { invocation throws(CommandFailure) in
  try Replaying.run(invocation)
}
