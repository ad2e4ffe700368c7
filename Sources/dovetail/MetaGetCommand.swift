import ControlPlane
import HostSupport
import PluginHost

let metaGetCommand = Command(
  "meta get", "print a record", operands: [Operand("COLLECTION"), Operand("KEY")],
  options: [Option("at", value: "REVISION", "as it was at this revision of the store")],
  discussion: "People get the value alone, --json the whole record.",
  example: "dovetail meta get analytics.results today"
) { invocation throws(CommandFailure) in
  var parameters: [String: JSON] = [
    "collection": .string(invocation.operand(0)), "key": .string(invocation.operand(1)),
  ]
  parameters["revision"] = try invocation.integer("at", 0...(.max)).map { .int(Int64($0)) }
  let record: RecordReport = try invocation.request("meta.get", parameters)
  invocation.show(record) { _ in record.value.text(pretty: true) + "\n" }
  return .ok
}
