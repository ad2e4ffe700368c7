import ControlPlane

let metaExportCommand = Command(
  "meta export", "write all records, as they are at one moment, as JSON Lines",
  operands: [Operand("FILE", optional: true, completion: .files)],
  options: [
    Option("collection", value: "NAME", "only one collection"),
    Option("progress", "print progress even when standard error is no terminal"),
  ],
  discussion: "FILE must not be there yet; without it, or as -, records go to standard output.",
  example: "dovetail meta export records.jsonl"
) { invocation throws(CommandFailure) in
  try MetadataExport.run(invocation)
}
