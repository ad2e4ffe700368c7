import ControlPlane
import HostSupport
import PluginHost

let loadCommand = Command(
  "load", "load and start a plugin",
  operands: [Operand("PATH|ID", completion: .pluginsAndFiles)],
  discussion: "An argument with a slash is a path; anything else is the id of a plugin that was"
    + " found in a folder.",
  example: "dovetail load ./libhello.so"
) { invocation throws(CommandFailure) in
  let report: OperationReport = try invocation.operate(
    "plugins.load", ["target": .string(invocation.absoluteIfPath(invocation.operand(0)))])
  invocation.show(report) { Views.operation(report, $0) }
  return .ok
}
