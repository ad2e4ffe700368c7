import ControlPlane

let metaQueryCommand = Command(
  "meta query", "print the records or groups that a query finds", operands: [Operand("QUERY")],
  options: MetadataQuerying.options + [
    Option("explain", "also print, on standard error, how it was found")
  ],
  discussion: "The language is that of PluginSDK/METADATA.md. With --json, one object a line.",
  example: "dovetail meta query 'from users where age >= :age order by city' --param age=21"
) { invocation throws(CommandFailure) in
  try MetadataQuerying.run(invocation)
}
