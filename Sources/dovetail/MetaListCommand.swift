import ControlPlane
import HostSupport
import PluginHost

let metaListCommand = Command(
  "meta list", "list the records of a collection",
  operands: [Operand("COLLECTION"), Operand("PREFIX", optional: true)],
  options: [
    Option("after", value: "KEY", "begin behind this key"),
    Option("limit", value: "N", "at most so many (default: all)"),
  ],
  example: "dovetail meta list analytics.results"
) { invocation throws(CommandFailure) in
  let records = try RecordListing.records(invocation)
  invocation.show(records) { Views.records(records, $0) }
  return .ok
}
