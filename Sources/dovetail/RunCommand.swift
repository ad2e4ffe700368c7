import ControlPlane

let runCommand = Command(
  "run", "run a host in the foreground", options: RunArguments.options,
  discussion: "SIGTERM and SIGINT end it cleanly, a second one at once; SIGHUP reads the\n"
    + "configuration anew. Tells systemd (Type=notify) when it is ready, and that it lives.\n"
    + "With --supervise the host is a child of this process, which starts it again when it dies,\n"
    + "aborts it when it hangs, and passes signals on to it.",
  example: "dovetail run --plugins ./plugins --watch"
) { invocation throws(CommandFailure) in
  let options = try RunArguments.options(of: invocation)
  let log = RunArguments.log(of: options)
  let supervised = try SupervisedStart.adopt(environment)
  if invocation.has("supervise"), supervised == nil {
    return try Supervisor(
      arguments: CommandLine.arguments, options: options, backend: backend, log: log,
      environment: environment
    ).run()
  }
  return try HostProcess(
    options: options, backend: backend, log: log, environment: environment, supervised: supervised
  ).run()
}
