import ControlPlane
import HostSupport

let stopCommand = Command(
  "stop", "ask a running host to stop",
  discussion: "Returns when the host accepted it. It then ends its plugins in reverse order.",
  example: "dovetail stop --name staging"
) { invocation throws(CommandFailure) in
  let reply: JSON = try invocation.request("host.stop")
  invocation.show(reply) { _ in "the host is stopping\n" }
  return .ok
}
