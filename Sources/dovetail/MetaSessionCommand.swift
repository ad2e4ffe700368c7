import ControlPlane
import PluginHost

let metaSessionCommand = Command(
  "meta session", "print what the host was configured with, in this run and in the one before",
  discussion:
    "Shown is what file, environment and flags set; everything else had its default. Of settings,\n"
    + "only the plugins' ids are kept. The metadata store's provider keeps it, unless that is memory.",
  example: "dovetail meta session"
) { invocation throws(CommandFailure) in
  let report: SessionReport = try invocation.request("meta.session")
  invocation.show(report) { Views.session(report, $0) }
  return .ok
}
