import ControlPlane
import HostSupport

let metaSchemaShowCommand = Command(
  "meta schema show", "print the definition of a collection, or of all",
  operands: [Operand("COLLECTION", optional: true)], example: "dovetail meta schema show users"
) { invocation throws(CommandFailure) in
  let definition: JSON =
    invocation.operand(0).isEmpty
    ? try invocation.request("meta.schema.list")
    : try invocation.request(
      "meta.schema.show", ["collection": .string(invocation.operand(0))])
  invocation.show(definition) { _ in definition.text(pretty: true) + "\n" }
  return .ok
}
