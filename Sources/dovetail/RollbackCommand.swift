import ControlPlane
import HostSupport
import PluginHost

let rollbackCommand = Command(
  "rollback", "return a plugin to its last known good build",
  operands: [Operand("ID", completion: .plugins)], example: "dovetail rollback analytics"
) { invocation throws(CommandFailure) in
  let report: OperationReport = try invocation.operate(
    "plugins.rollback", ["id": .string(invocation.operand(0))])
  invocation.show(report) { Views.operation(report, $0) }
  return .ok
}
