import ControlPlane
import PluginHost

let listCommand = Command(
  "list", "list the plugins of a running host", example: "dovetail list --json"
) { invocation throws(CommandFailure) in
  let plugins: [PluginReport] = try invocation.request("plugins.list")
  invocation.show(plugins) { Views.list(plugins, $0) }
  return .ok
}
