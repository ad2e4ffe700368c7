import ControlPlane
import HostSupport
import PluginHost

let infoCommand = Command(
  "info", "show all that the host knows of a plugin, or of itself",
  operands: [Operand("ID", optional: true, completion: .plugins)],
  example: "dovetail info com.example.hello"
) { invocation throws(CommandFailure) in
  guard !invocation.operand(0).isEmpty else {
    let host: HostReport = try invocation.request("host.info")
    invocation.show(host) { Views.host(host, $0) }
    return .ok
  }
  let plugin: PluginReport = try invocation.request(
    "plugins.info", ["id": .string(invocation.operand(0))])
  invocation.show(plugin) { Views.info(plugin, $0) }
  return .ok
}
