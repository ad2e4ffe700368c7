import ControlPlane
import HostSupport
import PluginHost

private let listOptions = [
  Option("plugin", value: "ID", "only those of the services that a plugin offers")
]

private func list(_ invocation: Invocation) throws(CommandFailure) -> ExitCode {
  var parameters: [String: JSON] = [:]
  parameters["plugin"] = invocation.value("plugin").map { .string($0) }
  let breakers: [BreakerReport] = try invocation.request("breakers.list", parameters)
  invocation.show(breakers) { Views.breakers(breakers, $0) }
  return .ok
}

let breakersCommand = Command(
  "breakers", "list circuit breakers of services, and change them", options: listOptions,
  discussion: """
    A breaker is named SERVICE; SERVICE@CALLER where each caller has one of its own; and
    SERVICE@CALLER/LABEL where a caller asked for it. The configuration gives services breakers:
    "services": {"s3.*": {"breaker": {"failureRate": 20}}}; 'dovetail help configuration' lists the keys.
    """,
  example: "dovetail breakers --plugin com.example.s3",
  subcommands: [
    breakersListCommand, breakersShowCommand, breakersOpenCommand, breakersCloseCommand,
    breakersResetCommand,
  ], run: list)

let breakersListCommand = Command(
  "breakers list", "list circuit breakers of services", options: listOptions,
  example: "dovetail breakers list --json", run: list)
