import ControlPlane
import PluginHost

let eventsTapCommand = Command(
  "events tap", "show events live, and where some are missing",
  operands: [Operand("PATTERN", optional: true)],
  options: [Option("count", value: "N", "end after so many events")],
  discussion:
    "Events of each topic are numbered while they are tapped. Where the numbers have a gap, a\n"
    + "line says so: the host dropped events because this command was too slow. An event that\n"
    + "two publishers' race made late is marked. With --json, a gap is {\"gap\":{…}}.",
  example: "dovetail events tap 'phase.>'"
) { invocation throws(CommandFailure) in
  let pattern = invocation.operand(0).isEmpty ? ">" : invocation.operand(0)
  return try Following.tap(invocation, pattern: pattern)
}
