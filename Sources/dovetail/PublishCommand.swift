import ControlPlane
import HostSupport
import PluginHost

let publishCommand = Command(
  "publish", "publish an event", operands: [Operand("TYPE")],
  options: PayloadInput.options + [Option("subject", value: "TEXT", "what the event is about")],
  discussion: PayloadInput.discussion,
  example: "dovetail publish demo.greeting --data '{\"hello\":\"world\"}'"
) { invocation throws(CommandFailure) in
  var parameters = try PayloadInput.parameters(invocation)
  parameters["type"] = .string(invocation.operand(0))
  parameters["subject"] = invocation.value("subject").map { .string($0) }
  let report: PublishReport = try invocation.request("events.publish", parameters)
  invocation.show(report) { Views.published(report, $0) }
  return .ok
}
