import ControlPlane
import PluginHost

let quarantineListCommand = Command(
  "quarantine list", "list the quarantined builds", example: "dovetail quarantine list --json"
) { invocation throws(CommandFailure) in
  let builds: [QuarantineReport] = try invocation.request("quarantine.list")
  invocation.show(builds) { Views.quarantine(builds, $0) }
  return .ok
}
