import ControlPlane
import HostSupport
import PluginHost

let quarantineClearCommand = Command(
  "quarantine clear", "let quarantined builds be tried again",
  operands: [Operand("ID|HASH", optional: true, completion: .plugins)],
  options: [Option("all", "clear every build")],
  example: "dovetail quarantine clear com.example.hello"
) { invocation throws(CommandFailure) in
  let target = invocation.operand(0)
  guard target.isEmpty == invocation.has("all") else {
    throw .usage("dovetail quarantine clear needs either ID|HASH or --all")
  }
  let builds: [QuarantineReport] = try invocation.request(
    "quarantine.clear", target.isEmpty ? [:] : ["target": .string(target)])
  invocation.show(builds) { Views.cleared(builds, $0) }
  return .ok
}
