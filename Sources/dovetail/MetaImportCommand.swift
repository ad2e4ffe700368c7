import ControlPlane

let metaImportCommand = Command(
  "meta import", "write the records of an export",
  operands: [Operand("FILE", completion: .files)],
  options: [
    Option("dry-run", "only check the records"),
    Option("progress", "print progress even when standard error is no terminal"),
  ],
  discussion: "FILE is JSON Lines as `meta export` writes them; - is standard input. Records that\n"
    + "are there get the values of the file, others stay. Versions are kept where they are higher.\n"
    + "With --dry-run every line that would be refused is printed with its number, and the command\n"
    + "exits with 5: what is no record, and what does not fit its collection's definition, in force\n"
    + "or earlier in the file. Unique fields, references and quotas are checked when it is written.",
  example: "dovetail meta import records.jsonl --dry-run"
) { invocation throws(CommandFailure) in
  try MetadataImport.run(invocation)
}
