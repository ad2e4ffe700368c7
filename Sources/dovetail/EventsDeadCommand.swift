import ControlPlane
import PluginHost

let eventsDeadCommand = Command(
  "events dead", "events that could not be delivered", example: "dovetail events dead list",
  subcommands: [
    eventsDeadListCommand, eventsDeadShowCommand, eventsDeadReplayCommand, eventsDeadDropCommand,
  ])
