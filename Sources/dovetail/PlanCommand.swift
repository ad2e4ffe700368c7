import ControlPlane
import PluginHost

let planCommand = Command(
  "plan", "show what bringing the plugins in line with their folders would do",
  discussion: "Nothing is changed. The status is 5 when something stands in the way.",
  example: "dovetail plan"
) { invocation throws(CommandFailure) in
  let plan: PlanReport = try invocation.request("plugins.plan")
  invocation.show(plan) { Views.plan(plan, $0) }
  return plan.problems.isEmpty ? .ok : .refused
}
