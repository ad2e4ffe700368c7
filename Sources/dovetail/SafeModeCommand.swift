import ControlPlane
import PluginHost

let safeModeCommand = Command(
  "safe-mode", "show whether the host started with less than everything, and why",
  discussion:
    "A host that dies before it is ready, or again and again, without a plugin to blame, starts\n"
    + "with the builds of its last good run; if that dies so too, without plugins.",
  example: "dovetail safe-mode", subcommands: [safeModeLeaveCommand]
) { invocation throws(CommandFailure) in
  let host: HostReport = try invocation.request("host.info")
  invocation.show(host.safeMode) { Views.safeMode(host.safeMode, $0) }
  return .ok
}
