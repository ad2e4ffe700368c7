import ControlPlane

let metaCommand = Command(
  "meta", "read, write, watch and query the host's metadata", example: "dovetail meta list demo",
  subcommands: [
    metaGetCommand, metaPutCommand, metaDeleteCommand, metaListCommand, metaWatchCommand,
    metaHistoryCommand, metaQueryCommand, metaExplainCommand, metaSchemaCommand, metaStatsCommand,
    metaExportCommand, metaImportCommand, metaBackupCommand, metaRestoreCommand, metaFlushCommand,
    metaSwitchCommand, metaSessionCommand,
  ])
