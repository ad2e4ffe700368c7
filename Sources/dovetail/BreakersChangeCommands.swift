import ControlPlane
import HostSupport
import PluginHost

/// A command that opens, closes or resets circuit breakers.
private func changing(
  _ operation: BreakerOperation, _ summary: String
) -> Command {
  Command(
    "breakers \(operation)", summary, operands: [Operand("NAME", optional: true)],
    options: [Option("all", "every circuit breaker")],
    example: "dovetail breakers \(operation) s3.put"
  ) { invocation throws(CommandFailure) in
    let name = invocation.operand(0)
    guard name.isEmpty == invocation.has("all") else {
      throw .usage("dovetail breakers \(operation) needs either NAME or --all")
    }
    let breakers: [BreakerReport] = try invocation.request(
      "breakers.\(operation)", name.isEmpty ? ["all": .bool(true)] : ["name": .string(name)])
    invocation.show(breakers) { Views.breakers(breakers, $0) }
    return .ok
  }
}

let breakersOpenCommand = changing(
  .open, "have a circuit breaker reject calls until it is closed or reset")

let breakersCloseCommand = changing(
  .close, "have a circuit breaker permit calls, with an empty window")

let breakersResetCommand = changing(
  .reset, "close a circuit breaker and forget what it counted")
