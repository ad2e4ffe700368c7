import ControlPlane
import PluginHost

let metaStatsCommand = Command(
  "meta stats", "print what the metadata store holds and has done",
  example: "dovetail meta stats"
) { invocation throws(CommandFailure) in
  let report: MetadataReport = try invocation.request("meta.stats")
  invocation.show(report) { Views.metadata(report, $0) }
  return .ok
}
