import ControlPlane
import HostSupport
import PluginHost

let infoCommand = Command(
  "info", "show all that the host knows of a plugin",
  operands: [Operand("ID", completion: .plugins)], example: "dovetail info com.example.hello"
) { invocation throws(CommandFailure) in
  let plugin: PluginReport = try invocation.request(
    "plugins.info", ["id": .string(invocation.operand(0))])
  invocation.show(plugin) { Views.info(plugin, $0) }
  return .ok
}
