import ControlPlane

let runCommand = Command(
  "run", "run a host in the foreground", options: RunArguments.options,
  discussion: "SIGTERM and SIGINT end it cleanly, a second one at once; SIGHUP reads the\n"
    + "configuration anew. Tells systemd (Type=notify) when it is ready.",
  example: "dovetail run --plugins ./plugins --watch"
) { invocation throws(CommandFailure) in
  let options = try RunArguments.options(of: invocation)
  return try HostProcess(
    options: options, backend: backend, log: RunArguments.log(of: options),
    environment: environment
  ).run()
}
