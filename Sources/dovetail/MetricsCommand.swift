import ControlPlane
import PluginHost

let metricsCommand = Command(
  "metrics", "print the figures of the host and its plugins",
  options: [Option("prometheus", "print Prometheus' text format")],
  example: "dovetail metrics --prometheus", subcommands: [metricsHistoryCommand]
) { invocation throws(CommandFailure) in
  let metrics: [MetricReport] = try invocation.request("host.metrics")
  invocation.show(metrics) {
    invocation.has("prometheus") ? Views.prometheus(metrics) : Views.metrics(metrics, $0)
  }
  return .ok
}
