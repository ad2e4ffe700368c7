import ControlPlane
import PluginHost

let eventsRoutesCommand = Command(
  "events routes", "list the rules that take events from topic to topic, with what they took",
  example: "dovetail events routes --json"
) { invocation throws(CommandFailure) in
  let routes: [RouteReport] = try invocation.request("events.routes")
  invocation.show(routes) { Views.routes(routes, $0) }
  return .ok
}
