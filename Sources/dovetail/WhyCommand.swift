import ControlPlane
import HostSupport
import PluginHost

let whyCommand = Command(
  "why", "explain a plugin's state and name the smallest fix",
  operands: [Operand("ID", completion: .plugins)], example: "dovetail why com.example.hello"
) { invocation throws(CommandFailure) in
  let explanation: Explanation = try invocation.request(
    "plugins.why", ["id": .string(invocation.operand(0))])
  invocation.show(explanation) { Views.explanation(explanation, $0) }
  return .ok
}
