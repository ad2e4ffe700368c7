import ControlPlane
import Glibc
import PluginHost

/// Hidden: the throw-away process in which a host tries an image (`loadProbe`). It ends without running exit handlers.
let probeCommand = Command(
  LoadProbe.argument, "map an image and answer on descriptor 3", operands: [Operand("path")],
  example: "dovetail __probe ./a.so"
) { invocation throws(CommandFailure) in
  _exit(LoadProbe.main(path: invocation.operand(0)))
}
