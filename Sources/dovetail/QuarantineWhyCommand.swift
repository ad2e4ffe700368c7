import ControlPlane
import HostSupport
import PluginHost

let quarantineWhyCommand = Command(
  "quarantine why", "tell what a quarantined build did",
  operands: [Operand("ID|HASH", completion: .plugins)],
  example: "dovetail quarantine why com.example.hello"
) { invocation throws(CommandFailure) in
  let build: QuarantineReport = try invocation.request(
    "quarantine.why", ["target": .string(invocation.operand(0))])
  invocation.show(build) { Views.quarantined(build, $0) }
  return .ok
}
