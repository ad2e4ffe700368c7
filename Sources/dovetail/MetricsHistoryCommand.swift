import ControlPlane
import HostSupport
import PluginHost

let metricsHistoryCommand = Command(
  "metrics history", "print what a figure was before", operands: [Operand("NAME")],
  options: [
    Option("label", value: "NAME=VALUE", "of the figure with this label", repeats: true),
    Option("since", value: "TIME", "from this time on (default: 1h)"),
    Option("limit", value: "N", "at most so many, the latest, 1...100000 (default: 1000)"),
  ],
  discussion:
    "NAME and labels are those of `metrics`. A time is as in 2026-01-31T10:00:00Z, or how long\n"
    + "ago: 90s, 15m, 2h, 3d. The host takes a sample every metadata.metrics.seconds (60; 0: none)\n"
    + "where the provider of its metadata store keeps them, as that of sqlite-store does.",
  example: "dovetail metrics history dovetail_plugin_failed_total --label plugin=hello --since 1d"
) { invocation throws(CommandFailure) in
  var labels: [String: JSON] = [:]
  for label in invocation.values("label") {
    let parts = label.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty else {
      throw .usage("--label must be NAME=VALUE, not \"\(label)\"")
    }
    labels[String(parts[0])] = .string(String(parts[1]))
  }
  let history: MetricHistoryReport = try invocation.request(
    "host.metrics.history",
    [
      "name": .string(invocation.operand(0)), "labels": .object(labels),
      "from": .string(invocation.value("since") ?? "1h"),
      "limit": .int(Int64(try invocation.integer("limit", 1...100_000) ?? 1_000)),
    ])
  invocation.show(history) { Views.history(history, $0) }
  return .ok
}
