import ControlPlane
import HostSupport
import PluginHost

let reloadCommand = Command(
  "reload", "replace a plugin's running build by the one in its file",
  operands: [Operand("ID", completion: .plugins)],
  options: [
    Option("dry-run", "only show what would happen"),
    Option("isolated", "have it run in a worker process from now on"),
    Option("in-process", "have it run in the host's process from now on"),
  ],
  discussion: """
    A transaction: when the new build fails, the old one goes on. --isolated and --in-process move a
    plugin with its state and its queues, also where its build stays the same, until the host ends;
    isolation.* in the configuration says it for good.
    """,
  example: "dovetail reload analytics --dry-run"
) { invocation throws(CommandFailure) in
  var parameters: [String: JSON] = [
    "id": .string(invocation.operand(0)), "dryRun": .bool(invocation.has("dry-run")),
  ]
  let places = HostConfiguration.Isolation.Place.allCases.filter { invocation.has($0.rawValue) }
  guard places.count < 2 else {
    throw CommandFailure.usage("a plugin runs --isolated or --in-process, not both")
  }
  if let place = places.first { parameters["isolation"] = .string(place.rawValue) }
  let report: OperationReport = try invocation.operate("plugins.reload", parameters)
  invocation.show(report) { Views.operation(report, $0) }
  return report.plan.map { $0.problems.isEmpty ? .ok : .refused } ?? .ok
}
