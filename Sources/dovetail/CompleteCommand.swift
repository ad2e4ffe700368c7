import ControlPlane
import PluginHost

/// Hidden: what completion scripts ask for. It prints nothing, and no error, when there is no host.
let completeCommand = Command(
  "__complete", "print what a shell can complete", operands: [Operand("ids")],
  example: "dovetail __complete ids"
) { invocation throws(CommandFailure) in
  guard let plugins: [PluginReport] = try? invocation.request("plugins.list") else { return .ok }
  invocation.show(plugins.map(\.id)) { _ in plugins.map { "\($0.id)\n" }.joined() }
  return .ok
}
