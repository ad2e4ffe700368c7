import ControlPlane
import HostSupport
import PluginHost

let reloadCommand = Command(
  "reload", "replace a plugin's running build by the one in its file",
  operands: [Operand("ID", completion: .plugins)],
  options: [Option("dry-run", "only show what would happen")],
  discussion: "A transaction: when the new build fails, the old one goes on.",
  example: "dovetail reload analytics --dry-run"
) { invocation throws(CommandFailure) in
  let report: OperationReport = try invocation.operate(
    "plugins.reload",
    ["id": .string(invocation.operand(0)), "dryRun": .bool(invocation.has("dry-run"))])
  invocation.show(report) { Views.operation(report, $0) }
  return report.plan.map { $0.problems.isEmpty ? .ok : .refused } ?? .ok
}
