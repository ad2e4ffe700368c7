import ControlPlane
import HostSupport
import PluginHost

let crashesShowCommand = Command(
  "crashes show", "tell what happened, to whom, where, what the host did, and what to do",
  operands: [Operand("ID")], example: "dovetail crashes show 7"
) { invocation throws(CommandFailure) in
  let report: CrashReport = try invocation.request(
    "crashes.show", ["id": CrashInput.number(invocation.operand(0))])
  invocation.show(report) { Views.crash(report, $0) }
  return .ok
}
