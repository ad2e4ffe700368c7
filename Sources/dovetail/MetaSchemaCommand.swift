import ControlPlane

let metaSchemaCommand = Command(
  "meta schema", "show, check and set the definitions of collections",
  example: "dovetail meta schema show users",
  subcommands: [metaSchemaShowCommand, metaSchemaCheckCommand, metaSchemaSetCommand])
