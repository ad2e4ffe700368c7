import ControlPlane
import PluginHost

let eventsDeadReplayCommand = Command(
  "events dead replay", "deliver dead letters once more, to the subscription that failed",
  operands: DeadLetterInput.operands, options: DeadLetterInput.options,
  discussion: "A letter whose subscription nobody has now stays, and the command exits with 1.\n"
    + "One that fails again becomes a new dead letter.",
  example: "dovetail events dead replay 7 8"
) { invocation throws(CommandFailure) in
  let report: ReplayReport = try invocation.request(
    "events.dead.replay", DeadLetterInput.parameters(invocation))
  invocation.show(report) { Views.replayed(report, $0) }
  return report.homeless.isEmpty ? .ok : .failed
}
