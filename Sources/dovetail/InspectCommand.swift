import ControlPlane
import PluginHost

let inspectCommand = Command(
  "inspect", "look at a plugin's file without running its code",
  operands: [Operand("FILE", completion: .files)],
  options: [
    RunArguments.configuration,
    Option("statement", "print only what a signature of it is of, as `sha256sum` would"),
  ],
  discussion: "Needs no host. The status is 5 when a host would refuse the file.",
  example: "dovetail inspect ./libhello.so"
) { invocation throws(CommandFailure) in
  let report = try invocation.inspect(backend)
  if invocation.has("statement") {
    Output.print(report.statement ?? "")
    return report.statement == nil ? .refused : .ok
  }
  invocation.show(report) { Views.inspect(report, $0) }
  return report.refusal == nil ? .ok : .refused
}
