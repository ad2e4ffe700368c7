import ControlPlane
import PluginHost

let metaFlushCommand = Command(
  "meta flush", "wait until everything that was acknowledged is on the disk",
  example: "dovetail meta flush"
) { invocation throws(CommandFailure) in
  let written: WrittenReport = try invocation.request("meta.flush")
  invocation.show(written) { _ in "everything up to revision \(written.revision) is on the disk\n" }
  return .ok
}
