import ControlPlane
import HostSupport
import PluginHost

let eventsExplainCommand = Command(
  "events explain", "say who gets an event of a topic, in which order and why",
  operands: [Operand("TOPIC")],
  example: "dovetail events explain phase.started"
) { invocation throws(CommandFailure) in
  let explanation: TopicExplanation = try invocation.request(
    "events.explain", ["topic": .string(invocation.operand(0))])
  invocation.show(explanation) { Views.explanation(explanation, $0) }
  return .ok
}
