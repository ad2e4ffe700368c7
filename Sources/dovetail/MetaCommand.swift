import ControlPlane

let metaCommand = Command(
  "meta", "read, write and watch the host's metadata", example: "dovetail meta list demo",
  subcommands: [
    metaGetCommand, metaPutCommand, metaListCommand, metaWatchCommand, metaSwitchCommand,
  ])
