import ControlPlane
import PluginHost

let listCommand = Command(
  "list", "list the plugins of a running host", example: "dovetail list --json"
) { invocation throws(CommandFailure) in
  let plugins: [PluginReport] = try invocation.request("plugins.list")
  let host: HostReport = try invocation.request("host.info")
  invocation.show(plugins) { Views.list(plugins, degraded: host.degraded, $0) }
  return .ok
}
