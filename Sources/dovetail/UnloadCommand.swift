import ControlPlane
import HostSupport
import PluginHost

let unloadCommand = Command(
  "unload", "end a plugin", operands: [Operand("ID", completion: .plugins)],
  discussion: "Refused while active plugins require it.", example: "dovetail unload hello"
) { invocation throws(CommandFailure) in
  let report: OperationReport = try invocation.operate(
    "plugins.unload", ["id": .string(invocation.operand(0))])
  invocation.show(report) { Views.operation(report, $0) }
  return .ok
}
