import ControlPlane
import PluginHost

let inspectCommand = Command(
  "inspect", "look at a plugin's file without running its code",
  operands: [Operand("FILE", completion: .files)],
  discussion: "Needs no host. The status is 5 when a host would refuse the file.",
  example: "dovetail inspect ./libhello.so"
) { invocation throws(CommandFailure) in
  let report = try invocation.inspect(backend)
  invocation.show(report) { Views.inspect(report, $0) }
  return report.refusal == nil ? .ok : .refused
}
