import ControlPlane

let metaImportCommand = Command(
  "meta import", "write the records of an export",
  operands: [Operand("FILE", completion: .files)],
  options: [
    Option("dry-run", "only check the records"),
    Option("progress", "print progress even when standard error is no terminal"),
  ],
  discussion: "FILE is JSON Lines as `meta export` writes them; - is standard input. Records that\n"
    + "are there get the values of the file, others stay. Versions are kept where they are higher.",
  example: "dovetail meta import records.jsonl --dry-run"
) { invocation throws(CommandFailure) in
  try MetadataImport.run(invocation)
}
