import ControlPlane

let metaExplainCommand = Command(
  "meta explain", "print how a query would be run, without running it",
  operands: [Operand("QUERY")], options: MetadataQuerying.options,
  example: "dovetail meta explain 'from users where city = \"Wien\"'"
) { invocation throws(CommandFailure) in
  try MetadataQuerying.explain(invocation)
}
