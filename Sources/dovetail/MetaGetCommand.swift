import ControlPlane
import HostSupport
import PluginHost

let metaGetCommand = Command(
  "meta get", "print a record", operands: [Operand("COLLECTION"), Operand("KEY")],
  discussion: "People get the value alone, --json the whole record.",
  example: "dovetail meta get analytics.results today"
) { invocation throws(CommandFailure) in
  let record: RecordReport = try invocation.request(
    "meta.get",
    ["collection": .string(invocation.operand(0)), "key": .string(invocation.operand(1))])
  invocation.show(record) { _ in record.value.text(pretty: true) + "\n" }
  return .ok
}
