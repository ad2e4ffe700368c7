import ControlPlane
import HostSupport

let metaSchemaCheckCommand = Command(
  "meta schema check", "hold a collection's records against a definition, and change nothing",
  operands: [Operand("COLLECTION"), Operand("FILE", optional: true, completion: .files)],
  discussion: "FILE has a definition as JSON; - is standard input. Without it the definition in\n"
    + "force is meant. Exits with 5 when a record does not fit.",
  example: "dovetail meta schema check users users.json"
) { invocation throws(CommandFailure) in
  var parameters: [String: JSON] = ["collection": .string(invocation.operand(0))]
  if !invocation.operand(1).isEmpty {
    parameters["definition"] = try PayloadInput.json(of: invocation.operand(1))
  }
  let report: JSON = try invocation.request("meta.schema.check", parameters)
  invocation.show(report) { Views.check(report, $0) }
  return report["misfits"]?.int == 0 ? .ok : .refused
}
