import ControlPlane

/// Every subcommand, in the order in which the help lists them.
let allCommands: [Command] = [
  runCommand, listCommand, infoCommand, whyCommand, graphCommand, planCommand, loadCommand,
  unloadCommand, reloadCommand, rollbackCommand, inspectCommand, quarantineCommand, crashesCommand,
  safeModeCommand, healthCommand, eventsCommand, publishCommand, callCommand, breakersCommand,
  metaCommand, metricsCommand, topCommand, doctorCommand, stopCommand,
  versionCommand, completionsCommand, helpCommand, completeCommand, probeCommand,
]
