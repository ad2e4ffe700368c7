import ControlPlane
import HostSupport
import PluginHost

let metaPutCommand = Command(
  "meta put", "write a record",
  operands: [Operand("COLLECTION"), Operand("KEY"), Operand("VALUE")],
  options: [
    Option("version", value: "N", "only over version N of the record; 0: only when there is none"),
    Option("string", "VALUE is text, not JSON"),
    Option("ttl", value: "SECONDS", "remove the record after so many seconds"),
  ],
  example: "dovetail meta put demo.settings limit '{\"value\": 10}' --version 3"
) { invocation throws(CommandFailure) in
  let value = try PayloadInput.value(invocation.operand(2), isText: invocation.has("string"))
  var parameters: [String: JSON] = [
    "collection": .string(invocation.operand(0)), "key": .string(invocation.operand(1)),
    "value": value,
  ]
  parameters["version"] = try invocation.integer("version", 0...(.max)).map { .int(Int64($0)) }
  parameters["expiresInMs"] = try invocation.integer("ttl", 1...3_153_600_000).map {
    .int(Int64($0) * 1_000)
  }
  let record: RecordReport = try invocation.request("meta.put", parameters)
  invocation.show(record) { Views.records([record], $0) }
  return .ok
}
