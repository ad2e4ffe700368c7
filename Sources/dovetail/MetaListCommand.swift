import ControlPlane
import HostSupport
import PluginHost

let metaListCommand = Command(
  "meta list", "list the records of a collection",
  operands: [Operand("COLLECTION"), Operand("PREFIX", optional: true)],
  example: "dovetail meta list analytics.results"
) { invocation throws(CommandFailure) in
  let records: [RecordReport] = try invocation.request(
    "meta.list",
    ["collection": .string(invocation.operand(0)), "prefix": .string(invocation.operand(1))])
  invocation.show(records) { Views.records(records, $0) }
  return .ok
}
