import ControlPlane
import PluginHost

let doctorCommand = Command(
  "doctor", "check this machine and a host's places, and name the fix of what is wrong",
  options: [
    RunArguments.configuration,
    Option(
      "plugins", value: "DIR", "a plugin folder to check", completion: .directories, repeats: true),
  ],
  discussion: "Needs no host. The status is 1 when a check failed; warnings do not count.",
  example: "dovetail doctor --plugins ./plugins"
) { invocation throws(CommandFailure) in
  var options = RunOptions()
  options.configurationFile = RunArguments.configurationFile(invocation)
  let checks = Doctor(
    location: invocation.location, pluginDirectories: invocation.values("plugins"),
    trust: Result { () throws(OperationError) in try backend.trust(options) }
  ).examine()
  invocation.show(checks) { Views.doctor(checks, $0) }
  return checks.contains { $0.outcome == .fail } ? .failed : .ok
}
