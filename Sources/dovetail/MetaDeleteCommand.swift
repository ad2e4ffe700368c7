import ControlPlane
import HostSupport
import PluginHost

let metaDeleteCommand = Command(
  "meta delete", "remove a record", operands: [Operand("COLLECTION"), Operand("KEY")],
  options: [Option("version", value: "N", "only when the record has version N")],
  example: "dovetail meta delete demo.settings limit --version 3"
) { invocation throws(CommandFailure) in
  var parameters: [String: JSON] = [
    "collection": .string(invocation.operand(0)), "key": .string(invocation.operand(1)),
  ]
  parameters["version"] = try invocation.integer("version", 1...(.max)).map { .int(Int64($0)) }
  let written: WrittenReport = try invocation.request("meta.delete", parameters)
  invocation.show(written) { _ in
    Views.line(
      "removed \(invocation.operand(0))/\(invocation.operand(1)) at revision \(written.revision)")
  }
  return .ok
}
