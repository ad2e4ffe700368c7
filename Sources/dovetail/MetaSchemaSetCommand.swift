import ControlPlane
import HostSupport
import PluginHost

let metaSchemaSetCommand = Command(
  "meta schema set", "define a collection, or give it a new version of its definition",
  operands: [Operand("COLLECTION"), Operand("FILE", completion: .files)],
  discussion:
    "FILE has the definition as JSON; - is standard input. A compatible change applies at\n"
    + "once; one that is not needs a migration in the definition, and is refused without.",
  example: "dovetail meta schema set users users.json"
) { invocation throws(CommandFailure) in
  let definition = try PayloadInput.json(of: invocation.operand(1))
  let written: WrittenReport = try invocation.request(
    "meta.schema.set",
    ["collection": .string(invocation.operand(0)), "definition": definition])
  invocation.show(written) { _ in
    Views.line(
      "\(invocation.operand(0)) has version \(written.version) of its definition since revision "
        + "\(written.revision)")
  }
  return .ok
}
