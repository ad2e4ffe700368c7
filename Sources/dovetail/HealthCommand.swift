import ControlPlane
import HostSupport
import PluginHost

let healthCommand = Command(
  "health", "show how the host and its plugins are, for people and for probes",
  operands: [Operand("ID", optional: true, completion: .plugins)],
  options: [
    Option("live", "only whether the host makes progress"),
    Option("ready", "only whether it has started, is not ending, and has what it needs"),
  ],
  discussion:
    "The status is 1 when the plugin, or the host, is unhealthy; with --live or --ready, when the\n"
    + "host is not that; 3 when there is no host. Nobody is asked anew: it tells of the last checks.",
  example: "dovetail health --ready"
) { invocation throws(CommandFailure) in
  let id = invocation.operand(0)
  let report: HealthReport = try invocation.request(
    "host.health", id.isEmpty ? [:] : ["id": .string(id)])
  if let plugin = report.plugins.first, !id.isEmpty {
    invocation.show(plugin) { Views.health(of: plugin, $0) }
    return plugin.state == "unhealthy" ? .failed : .ok
  }
  invocation.show(report) { Views.health(report, $0) }
  if invocation.has("live") || invocation.has("ready") {
    let isLive = report.live || !invocation.has("live")
    let isReady = report.ready || !invocation.has("ready")
    return isLive && isReady ? .ok : .failed
  }
  return report.status == "unhealthy" ? .failed : .ok
}
