import ControlPlane
import HostSupport
import PluginHost

let eventsTypesCommand = Command(
  "events types", "list what is declared of events: by whom, with which schema, how it is kept",
  operands: [Operand("TOPIC", optional: true)],
  options: [Option("asyncapi", "print an AsyncAPI 3.0.0 document of all of it")],
  discussion: "With TOPIC: all that is declared of it, with the schemas.",
  example: "dovetail events types order.paid"
) { invocation throws(CommandFailure) in
  let topic = invocation.operand(0)
  let types: [EventTypeReport] = try invocation.request(
    "events.types", topic.isEmpty ? [:] : ["topic": .string(topic)])
  if invocation.has("asyncapi") {
    let host: HostReport = try invocation.request("host.info")
    Output.print(AsyncAPI.document(of: types, host: host.name).text(pretty: true) + "\n")
    return .ok
  }
  invocation.show(types) {
    topic.isEmpty ? Views.eventTypes(types, $0) : Views.eventTypes(types, of: topic, $0)
  }
  return .ok
}
