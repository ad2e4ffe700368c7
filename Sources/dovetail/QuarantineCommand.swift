import ControlPlane
import PluginHost

let quarantineCommand = Command(
  "quarantine", "builds that the host does not try again", example: "dovetail quarantine list",
  subcommands: [quarantineListCommand, quarantineWhyCommand, quarantineClearCommand])
