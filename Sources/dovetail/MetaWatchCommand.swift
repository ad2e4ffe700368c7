import ControlPlane
import PluginHost

let metaWatchCommand = Command(
  "meta watch", "print every change of a collection's records",
  operands: [Operand("COLLECTION"), Operand("PREFIX", optional: true)],
  options: [
    Option("from", value: "REVISION", "begin after this revision of the store"),
    Option("count", value: "N", "end after so many changes"),
  ],
  example: "dovetail meta watch analytics.results --json"
) { invocation throws(CommandFailure) in
  try Following.records(invocation)
}
