import ControlPlane

let metaSwitchCommand = Command(
  "meta switch", "move all records to another provider, verified by number and checksum",
  operands: [Operand("PROVIDER")],
  discussion:
    "Writers wait until it is over. The former provider keeps its records as they were. Set\n"
    + "metadata.provider in the configuration too, or the next start copies them back.",
  example: "dovetail meta switch sqlite"
) { invocation throws(CommandFailure) in
  try Switching.run(invocation)
}
