import ControlPlane
import PluginHost

let eventsLogStatsCommand = Command(
  "events log stats", "say what is recorded, how much is held, and what was lost",
  example: "dovetail events log stats"
) { invocation throws(CommandFailure) in
  let log: EventLogReport = try invocation.request("events.log.stats")
  invocation.show(log) { Views.eventLog(log, $0) }
  return .ok
}
