import ControlPlane
import HostSupport
import PluginHost

let breakersShowCommand = Command(
  "breakers show", "tell how a circuit breaker is, why, and when it opens",
  operands: [Operand("NAME")], example: "dovetail breakers show s3.put"
) { invocation throws(CommandFailure) in
  let breakers: [BreakerReport] = try invocation.request(
    "breakers.show", ["name": .string(invocation.operand(0))])
  invocation.show(breakers) { style in
    breakers.map { Views.breaker($0, style) }.joined(separator: "\n")
  }
  return .ok
}
