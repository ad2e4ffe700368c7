import ControlPlane
import PluginHost

let safeModeLeaveCommand = Command(
  "safe-mode leave", "start what safe mode holds back, now and at the next start",
  discussion: "Without a running host: dovetail run --safe-mode off.",
  example: "dovetail safe-mode leave"
) { invocation throws(CommandFailure) in
  let report: SafeModeReport = try invocation.operate("host.safe-mode.leave", [:])
  invocation.show(report) { Views.safeModeLeft(report, $0) }
  return report.heldBack.isEmpty ? .ok : .failed
}
