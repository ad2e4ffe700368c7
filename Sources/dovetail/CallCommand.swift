import ControlPlane
import HostSupport
import PluginHost

let callCommand = Command(
  "call", "call a service and print its reply", operands: [Operand("SERVICE")],
  options: PayloadInput.options + [
    Option("deadline", value: "MS", "how long the service may take, 1...600000 (default: 5000)")
  ],
  discussion: PayloadInput.discussion, example: "dovetail call hello.greet --data '\"world\"'"
) { invocation throws(CommandFailure) in
  let deadline = try invocation.integer("deadline", 1...600_000) ?? 5_000
  var parameters = try PayloadInput.parameters(invocation)
  parameters["service"] = .string(invocation.operand(0))
  let reply: Payload = try invocation.operate(
    "services.call", parameters, default: deadline)
  PayloadInput.printReply(reply, invocation)
  return .ok
}
