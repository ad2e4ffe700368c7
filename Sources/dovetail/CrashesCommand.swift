import ControlPlane

/// What plugins crashed of, in this host and in those before it.
let crashesCommand = Command(
  "crashes", "reports of plugins that crashed", example: "dovetail crashes list",
  subcommands: [crashesListCommand, crashesShowCommand])
